"""A notebook that is open in JupyterLab."""

from playwright.sync_api import Page


def run_all(page: Page, address: str) -> None:
    """Open a notebook and run its cells."""
    page.goto(address)
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()  # cells run earlier are dropped
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
