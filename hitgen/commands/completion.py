"""`hitgen completion`: what lets a shell complete verbs, their options and folders."""

from __future__ import annotations

import argparse

from hitgen.console import Console

BASH = """_hitgen() {
  local current="${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "%s" -- "$current"))
  elif [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$(hitgen "${COMP_WORDS[1]}" --help 2>/dev/null | grep -oE -- '--[a-z-]+' | sort -u)" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _hitgen hitgen"""
ZSH = "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh"), help='for ~/.bashrc: eval "$(hitgen completion bash)"')


def run(given: argparse.Namespace, console: Console) -> None:
    console.say((ZSH if given.shell == "zsh" else "") + BASH % " ".join(given.verbs))
