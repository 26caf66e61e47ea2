"""The training corpus: every word of it is written in the TOML files beside this one."""
