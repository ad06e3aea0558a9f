"""The page for everybody: axe's rules, a phone's width, keys alone, touch, light and dark."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from paged import DESK, DONE, PHONE, after, drawn, give, payload, seen, text, visited
from served import png

SIZE = (120, 160)
# Everything that a person can use, as the browser sees it: one of a group of radio buttons.
USABLE = """() => [...document.querySelectorAll('a, button, input, select, [tabindex]')]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.disabled)
    .filter((each) => each.type !== 'radio' || each.checked)
    .map((each) => (each.usable ??= String(Math.random())))"""


def tab_to(page, selector):
    """Press Tab until an element has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"Tab never comes to {selector}")


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_axe_is_broken(browser, page_server, photo, size, scheme):
    from axe_playwright_python.sync_playwright import Axe

    with visited(browser, page_server.url, size, color_scheme=scheme, quiet=False) as page:
        for step in (lambda: None, lambda: full(page, photo)):
            step()
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()


def full(page, photo):
    """A picture with a map, one that is refused, and as many controls as are there at once."""
    give(page, ("a.png", photo), ("bad.png", b"no picture"))
    page.wait_for_selector("[name=right][value=avif]:enabled")
    page.check("[name=overlay][value=bits]")
    page.select_option("#denoise", "part")
    page.wait_for_selector("#messages li")
    page.wait_for_selector("#legend-most:visible")


def test_nothing_is_wider_than_a_phone(browser, page_server, photo):
    with visited(browser, page_server.url, PHONE, has_touch=True, is_mobile=True) as page:
        for _ in range(2):
            wide = page.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= PHONE[0]
            give(page, ("a long name of a picture without any spaces.png" * 2, photo))
        page.locator("#quality").scroll_into_view_if_needed()
        box = page.locator("#stage").bounding_box()  # stays while the settings are changed
        assert 0 <= box["y"] < 20
        assert box["height"] < PHONE[1] / 2


def test_all_of_it_by_keys_alone(page, photo):
    page.on("filechooser", lambda chooser: chooser.set_files([payload("a.png", photo)]))
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "skip"
    tab_to(page, "#choose-first")
    page.keyboard.press("Enter")
    page.wait_for_selector(DONE)
    tab_to(page, "#quality")
    after(page, lambda: page.keyboard.press("ArrowRight"))
    assert "Quality 61" in text(page, "#said")
    page.wait_for_selector("[name=right][value=avif]:enabled")
    page.locator("a.skip").focus()
    tab_to(page, "#divider")
    page.keyboard.press("Home")
    divider = page.locator("#divider")
    assert divider.get_attribute("aria-valuetext") == "0 % before, 100 % after"
    page.keyboard.press("ArrowRight")
    assert divider.get_attribute("aria-valuenow") == "2"
    tab_to(page, "#zoom-in")
    page.keyboard.press("Space")
    page.wait_for_selector("#zoom:text-is('125 %')")
    tab_to(page, "[name=overlay]")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#legend-most:text('bits per pixel')")
    tab_to(page, "[name=right]")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#right-name:text('WebP')")
    tab_to(page, "[data-kind=pel]")
    with page.expect_download() as saving:
        page.keyboard.press("Enter")
    assert pellucid.info(saving.value.path()).width == SIZE[1]


def test_every_control_is_reached_by_tab_and_seen_there(page, photo):
    give(page, ("a.png", photo))
    page.wait_for_selector("[name=right][value=avif]:enabled")
    page.select_option("#denoise", "part")
    wanted = set(page.evaluate(USABLE))
    page.locator("a.skip").focus()
    reached = []
    for _ in range(len(wanted) + 5):
        reached.append(page.evaluate("() => document.activeElement.usable"))
        style = page.evaluate(
            """() => ['', '::before', 'span'].flatMap((part) => {
                const at = document.activeElement;
                const one = part === 'span' ? at.querySelector('span') : at;
                return one ? [getComputedStyle(one, part.startsWith(':') ? part : null)
                    .outlineStyle] : [];
            })"""
        )
        assert "solid" in style
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement === document.body"):
            break
    assert wanted <= set(reached)


def test_the_picture_is_moved_and_zoomed_by_keys_and_mouse(page, photo):
    give(page, ("a.png", photo))
    page.locator("#divider").press("End")
    drawn(page)
    still = seen(page, SIZE)
    stage = page.locator("#stage")
    stage.press("ArrowLeft")
    drawn(page)
    moved = seen(page, SIZE)
    assert np.array_equal(moved[:, 60:], still[:, :-60])
    stage.press("0")
    for key, said in (("+", "125 %"), ("-", "100 %"), ("1", "100 %")):
        stage.press(key)
        page.wait_for_selector(f"#zoom:text-is('{said}')")
    box = stage.bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.wheel(0, -500)
    page.wait_for_selector("#zoom:text-is('212 %')")
    page.mouse.dblclick(box["x"] + 100, box["y"] + 100)
    drawn(page)
    page.click("#zoom-fit")
    drawn(page)
    assert np.array_equal(seen(page, SIZE), still)
    page.mouse.move(box["x"] + 100, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 130, box["y"] + 320)
    page.mouse.up()
    drawn(page)
    assert np.array_equal(seen(page, SIZE)[20:, 30:], still[:-20, :-30])


def test_the_handle_follows_mouse_and_touch(browser, page_server, photo):
    with visited(browser, page_server.url, has_touch=True) as page:
        give(page, ("a.png", photo))
        box = page.locator("#stage").bounding_box()
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] / 2, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 4, middle)
        page.mouse.up()
        page.wait_for_selector("#divider[aria-valuenow='25']")
        touch = page.context.new_cdp_session(page)
        for kind, part in (("touchStart", 0.25), ("touchMove", 0.5), ("touchMove", 0.75)):
            point = {"x": box["x"] + part * box["width"], "y": middle}
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_selector("#divider[aria-valuenow='75']")


def test_two_fingers_zoom(browser, page_server, photo):
    with visited(browser, page_server.url, has_touch=True) as page:
        give(page, ("a.png", photo))
        box = page.locator("#stage").bounding_box()
        touch = page.context.new_cdp_session(page)
        for kind, apart in (("touchStart", 50), ("touchMove", 75), ("touchMove", 100)):
            points = [
                {"x": box["x"] + 200 + side * apart, "y": box["y"] + 200, "id": number}
                for number, side in enumerate((-1, 1))
            ]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_selector("#zoom:text-is('200 %')")


def test_a_touchpad_zooms_as_far_as_fingers_move(page, photo):
    give(page, ("a.png", photo))
    page.evaluate("""() => { for (let count = 0; count < 10; count += 1)
        document.querySelector('#stage').dispatchEvent(new WheelEvent(
            'wheel', { deltaY: -5, ctrlKey: true, cancelable: true })); }""")
    page.wait_for_selector("#zoom:text-is('165 %')")


def test_a_tiny_picture_is_enlarged_until_it_fits(page):
    give(page, ("dot.png", png(np.zeros((2, 2, 3), np.uint8))))
    page.wait_for_selector("#zoom:text-is('6400 %')")


def test_names_keep_their_direction_and_lie_above_sizes_on_a_phone(browser, page_server, photo):
    name = "cat \u202egpj.png"
    with visited(browser, page_server.url, PHONE) as page:
        give(page, (name, photo))
        assert page.locator("#list bdi.name").text_content() == name
        assert page.locator("#status bdi").text_content() == name
        box, below = (page.locator(f"#list {part}").bounding_box() for part in (".name", ".size"))
        assert box["y"] + box["height"] <= below["y"] + 1
        about = page.locator("#about-picture")
        assert about.evaluate("(it) => it.scrollWidth <= it.clientWidth")


def test_nothing_moves_for_who_wants_no_motion(browser, page_server):
    with visited(browser, page_server.url, reduced_motion="reduce") as page:
        page.evaluate("""() => { const stage = document.querySelector('#stage');
            stage.hidden = false; stage.setAttribute('aria-busy', true); }""")
        name = "() => getComputedStyle(document.querySelector('#stage'), '::after').animationName"
        assert page.evaluate(name) == "none"
