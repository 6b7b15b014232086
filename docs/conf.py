"""Sphinx configuration. The pages about operations are written from the rule table before each build (generate.py)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import generate

import dualtape
from dualtape.version import __version__

project = "dualtape"
author = "the dualtape developers"
copyright = "2026, the dualtape developers"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.mathjax", "numpydoc"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"dualtape {release}"

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings say types and shapes
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
nitpicky = False

# Names are imported when first used; autodoc has to see them all.
for name in dualtape.__all__:
    getattr(dualtape, name)


def setup(app):
    app.connect("builder-inited", lambda app: generate.write(Path(app.srcdir) / "reference"))
