"""Sphinx's settings for the site; `tools/build_site.py` builds it."""

import os
import sys

sys.path.insert(0, os.path.dirname(__file__))

project = "Text-to-Image Synthesizer"
author = "The Text-to-Image Synthesizer authors"
project_copyright = author
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "glossary_hints",
    "printed_order",
]
exclude_patterns = ["_build", "README.md", "playground/**", "**/.ipynb_checkpoints"]
language = "en"
highlight_language = "text"  # of blocks that name no language, such as what to type in a shell

# Notebooks: executed once for each content, from the cache afterwards.
nb_execution_mode = "cache"
nb_execution_cache_path = os.environ["T2I_SITE_CACHE"]
nb_execution_timeout = 900  # seconds a cell
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_render_markdown_format = "myst"  # what cells print as Markdown may hold tables
nb_ipywidgets_js = {}  # widgets need a kernel, and their scripts another server
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
suppress_warnings = ["mystnb.unknown_mime_type"]  # of widgets, as just said
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the signature shows them
napoleon_use_rtype = False

html_theme = "sphinx_book_theme"
html_title = "Text-to-Image Synthesizer"
html_static_path = ["_static"]
html_favicon = "_static/bird.svg"
html_logo = "_static/bird.svg"
templates_path = ["_templates"]
html_sidebars = {
    "**": [
        "navbar-logo.html",
        "playground_door.html",
        "search-button-field.html",
        "sbt-sidebar-nav.html",
    ]
}
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
mathjax_path = "mathjax/tex-svg.js"  # npm brings it: the page asks no other server
html_theme_options = {
    "home_page_in_toc": False,
    "logo": {"text": "Text-to-Image Synthesizer", "alt_text": ""},
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "footer_content_items": ["copyright.html"],
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
    "navigation_with_keys": False,
    "navbar_persistent": [],  # the side bar has the search already
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
