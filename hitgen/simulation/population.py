"""The population that a simulation is asked for: a TOML file, as the method's model."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from hitgen.config.read import validation_faults
from hitgen.errors import Fault, InputError
from hitgen.lib.files import content_of
from hitgen.lib.toml import read_toml
from hitgen.methods.population import Population


def read_population(path: Path, model: type[Population]) -> Population:
    """The population in a TOML file; InputError with every fault in it."""
    try:
        return model.model_validate(read_toml(content_of(path), str(path)))
    except FileNotFoundError:
        raise InputError(
            Fault(str(path), "", "there is no such file", "`hitgen simulate` without --population")
        ) from None
    except ValidationError as error:
        raise InputError(validation_faults(error, model, path.name)) from None
