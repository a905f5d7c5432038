# SPDX-License-Identifier: Apache-2.0
"""A real browser without a window: Debian's chromium and chromium-driver.

Knows nothing of the pages that it opens.
"""

import os
import shutil

import pytest

VARIABLE = 'NOVA_MIGCOMPAT_TEST_BROWSER'
_OPTIONS = (
    '--headless=new',
    '--no-sandbox',  # refused to root, who runs tests in containers
    '--disable-dev-shm-usage',
    '--disable-gpu',
    '--force-device-scale-factor=1',
    '--hide-scrollbars',
)


def is_wanted():
    """Tell whether the tests with a browser are to be run."""
    return os.environ.get(VARIABLE) != 'none'


def start():
    """Start it; a browser that is missing is a failure.

    :returns: a selenium WebDriver.
    """
    programs = [shutil.which(name) for name in ('chromium', 'chromedriver')]
    if not all(programs):
        pytest.fail(
            'chromium and chromedriver are needed (Debian: apt-get install '
            f'chromium chromium-driver), or {VARIABLE}=none to go without'
        )
    # Only here: who goes without a browser needs no selenium.
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    for option in _OPTIONS:
        options.add_argument(option)
    service = webdriver.ChromeService(programs[1])
    return webdriver.Chrome(options=options, service=service)


class Window:
    """A window on one page.

    :param driver: a WebDriver.
    """

    def __init__(self, driver):
        self.driver = driver

    def open(self, path, width=1280, height=1000, scheme='light'):
        """Open a file.

        :param scheme: what the user prefers, ``light`` or ``dark``.
        """
        size = {'width': width, 'height': height}
        self._tell(
            'Emulation.setDeviceMetricsOverride',
            {**size, 'deviceScaleFactor': 1, 'mobile': False},
        )
        feature = {'name': 'prefers-color-scheme', 'value': scheme}
        self._tell('Emulation.setEmulatedMedia', {'features': [feature]})
        self.driver.get_log('browser')
        self.driver.get('about:blank')
        self.driver.get(path.as_uri())

    def _tell(self, command, arguments):
        self.driver.execute_cdp_cmd(command, arguments)

    def run(self, script, *arguments):
        """Run a function's body in the page; return what it returns."""
        return self.driver.execute_script(script, *arguments)

    def all(self, selector):
        """Find the elements of a CSS selector."""
        return self.driver.find_elements('css selector', selector)

    def style(self, element, name):
        """Return a computed property of an element."""
        return self.run(
            'return getComputedStyle(arguments[0])[arguments[1]]',
            element,
            name,
        )

    def console(self):
        """Return what the browser has complained of since the opening."""
        return self.driver.get_log('browser')

    def loaded(self):
        """Return the URLs of what the page has loaded besides itself."""
        return self.run(
            'return performance.getEntriesByType("resource").map(e => e.name)'
        )

    def hover(self, element):
        """Rest on an element."""
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).move_to_element(element).perform()
