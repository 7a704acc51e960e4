"""The population that a simulation is asked for: a TOML file, as the method's model."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from hitgen.config.loading import validation_faults
from hitgen.errors import Fault, InputError
from hitgen.methods.population import Population


def read_population(path: Path, model: type[Population]) -> Population:
    """The population in a TOML file; InputError with every fault in it."""
    try:
        return model.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise InputError(
            Fault(str(path), "", "there is no such file", "`hitgen simulate` without --population")
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(Fault(str(path), "", f"it is not TOML: {error}", "mending that line")) from None
    except ValidationError as error:
        raise InputError(validation_faults(error, model, path.name)) from None
