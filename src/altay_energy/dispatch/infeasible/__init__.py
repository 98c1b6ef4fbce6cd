"""Why a problem has no solution, and what would give it one."""
