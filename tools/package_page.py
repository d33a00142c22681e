"""For a release: README.md with full addresses, since the package index has no other files.

    PYTHONPATH=. python tools/package_page.py

It does nothing as long as the project has no address (`t2i_utils.course.colab.REPO_URL`).
"""

import re
from pathlib import Path

from t2i_utils.course.colab import PLACEHOLDER, REPO_URL, TAG


def with_addresses(text: str, url: str, tag: str = TAG) -> str:
    """Markdown whose relative pictures and links lead to the repository at a tag."""
    if PLACEHOLDER in url:
        return text
    raw = url.replace("https://github.com/", "https://raw.githubusercontent.com/")
    here = r"(?!https?:|#)"
    text = re.sub(rf"(!\[[^\]]*\]\(){here}", rf"\g<1>{raw}/{tag}/", text)
    return re.sub(rf"(?<!!)(\[[^\]]*\]\(){here}", rf"\g<1>{url}/blob/{tag}/", text)


if __name__ == "__main__":
    readme = Path("README.md")
    readme.write_text(with_addresses(readme.read_text(encoding="utf-8"), REPO_URL), "utf-8")
