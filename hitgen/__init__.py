"""hitgen turns a folder of images and a batch.toml into a flicker-test study."""

__version__ = "0.1.0"
