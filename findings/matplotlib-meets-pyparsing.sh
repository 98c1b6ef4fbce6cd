#!/usr/bin/env bash
# matplotlib 3.9.0 to 3.10.6 beside pyparsing 3.3.3: the import of matplotlib.pyplot raises a deprecation warning.
#
# Both versions satisfy each other's requirements (matplotlib asks for pyparsing >= 2.3.1), so pip installs them together. In a project
# whose tests turn warnings into errors every chart fails on import (`oneOf` in _fontconfig_pattern.py). 3.10.7 is silent.
# altay_energy asks for matplotlib 3.10.7 or later.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
look() {
    python3 -m venv "$folder/$1"
    "$folder/$1/bin/pip" install -q "matplotlib==$1" "pyparsing==3.3.3" "numpy==2.3.5"
    MPLBACKEND=Agg MPLCONFIGDIR="$folder/config" "$folder/$1/bin/python" -W error -c "import matplotlib.pyplot" 2>&1 |
        tail -n 1 | sed "s/^/matplotlib $1: /" || true
}
old=$(look 3.10.6)
new=$(look 3.10.7)
echo "$old"
echo "matplotlib 3.10.7: ${new:-imports in silence}"
[[ $old == *"'oneOf' deprecated"* && -z $new ]] && echo "as described"
