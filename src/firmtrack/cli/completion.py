"""``firmtrack completion``: what a shell needs to complete commands, and what it asks for then.

A shell runs the program itself with ``_FIRMTRACK_COMPLETE`` set and the words up to the cursor as
arguments, and gets a line for each way to go on: the word, and after a tab what it is for. Without
any it completes the names of files.
"""

import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from typer.core import TyperGroup

ASKED = "_FIRMTRACK_COMPLETE"
"""The environment variable whose being set asks for completions."""


class Shell(StrEnum):
    """The shells that can complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


# Bash takes the colons of an ID for the ends of words, so the words are read from the line.
_BASH = r"""
_firmtrack() {
    local -a words
    local line=${COMP_LINE:0:COMP_POINT} found
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    COMPREPLY=()
    while IFS= read -r found; do
        COMPREPLY+=("${found%%$'\t'*}")
    done < <(_FIRMTRACK_COMPLETE=1 "$1" "${words[@]:1}" 2>/dev/null)
}
complete -o default -F _firmtrack firmtrack
"""
_ZSH = r"""
#compdef firmtrack
_firmtrack() {
    local -a found
    found=(${(f)"$(_FIRMTRACK_COMPLETE=1 $words[1] "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    if (( $#found )); then
        found=("${(@)found//:/\\:}")
        found=("${(@)found/$'\t'/:}")
        _describe firmtrack "found" -V firmtrack
    else
        _files
    fi
}
compdef _firmtrack firmtrack
"""
_FISH = r"""
function __firmtrack_complete
    set -l before (commandline -opc)
    set -l found (env _FIRMTRACK_COMPLETE=1 $before (commandline -ct) 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c firmtrack -f -a '(__firmtrack_complete)'
"""
_SCRIPTS = {Shell.BASH: _BASH, Shell.ZSH: _ZSH, Shell.FISH: _FISH}


def completion(
    shell: Annotated[Shell, typer.Argument(help="The shell that is to complete.")],
) -> None:
    """Print what has a shell complete commands, options and values.

    In bash, and likewise in zsh: eval "$(firmtrack completion bash)". In fish: firmtrack
    completion fish | source.
    """
    sys.stdout.write(_SCRIPTS[shell].lstrip())


def completions(program: "TyperGroup", name: str, words: Sequence[str]) -> Iterator[str]:
    """Yield how the last of the words can go on, each with a tab and what it is for."""
    from typer._completion_classes import BashComplete

    *before, unfinished = words or [""]
    asked = BashComplete(program, {}, name, ASKED)
    for each in asked.get_completions(before, unfinished):
        if each.type == "plain":  # files are the shell's to name
            first, *_ = (each.help or "").splitlines() or [""]
            yield f"{each.value}\t{first}".rstrip("\t")
