"""What the wheel holds: the three applications with their data, the pages and their files.

Everything else about the package stands in pyproject.toml. In a wheel the pages lie in the
application, where Django looks for them; in a checkout at the top, where people do.
"""

from setuptools import find_packages, setup

PAGES = {"triage.templates": "templates", "triage.static": "static"}
DATA = ("toml", "json", "txt", "sql", "md", "gguf", "safetensors")

setup(
    packages=[
        *find_packages(include=["triage*", "approvals*", "tickets*"]),
        *PAGES,
    ],
    package_dir=PAGES,
    package_data={
        "": [f"**/*.{kind}" for kind in DATA],
        **dict.fromkeys(PAGES, ["**/*"]),
    },
)
