"""The playground in a real browser, served as any static host would, against the Python library."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from chromium import find_chromium
from PIL import Image

from t2i_utils.data.captions import toy_captions
from t2i_utils.drawing.saved_picture import from_note
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.drawing.walks import slerp
from t2i_utils.studio.caption_parser import CONTROLS, caption_of, choices_of
from t2i_utils.text import plain
from t2i_utils.text.bird_names import told_in_colours
from t2i_utils.text.encoders.package import load_tokenizer
from t2i_utils.text.whitening import limit_length

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import playground
from check_site import LEVELS, served

pytestmark = pytest.mark.ui
RED, FRENCH = "a small red bird with black wings", "un petit oiseau bleu"
COLOURS = ["red", "blue", "yellow", "black", "white", "brown", "green", "orange", "grey", "teal"]
SHORT = [f"{colour} {noun}" for colour in COLOURS for noun in ("bird", "owl", "duck", "gull")]
FOREIGN = [
    FRENCH, "ein kleiner roter Vogel mit schwarzen Flügeln", "un pájaro amarillo con alas negras",
    "un uccello blu con la pancia bianca", "um pássaro vermelho", "een kleine gele vogel",
    "mały czerwony ptak", "маленькая красная птица", "küçük kırmızı bir kuş",
    "黒い翼の小さな赤い鳥", "一只黄色的小鸟", "작은 파란 새", "นกสีแดงตัวเล็ก", "طائر صغير أحمر",
]  # fmt: skip
NAMED = ["an owl", "a brown owl on a branch", "The barn owl and a Blue Jay."]
ODD = [
    "It’s RED!! _very_ red…", "ＦＵＬＬ　ｗｉｄｔｈ", "🐦 red 🐦", "İstanbul kuşu ΑΣ",
    "½ ② ﬁne", "a ,b,, c",
    "an orange-red crown, its wings that are long and red and a pointy beak",
    "this little bird is black, its bill is hooked and its reddish-brown belly is gray",
    "e\u0301 non\u00a0breaking\u3000wide", "x" * 300, "don't - stop -now", "<unk> <s>",
]  # fmt: skip


def _long(count: int) -> list[str]:
    found = []
    for seed in range(count):
        random = np.random.default_rng(seed)
        parts = ("crown", "back", "wing", "belly", "beak")
        colours = {part: COLOURS[random.integers(len(COLOURS) - 1)] for part in parts}
        shape = {"size": "small", "beak_shape": "long", "tail_shape": "forked"}
        found += toy_captions(colours, **shape, count=1, seed=seed)
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "playground"
    playground.build(folder)
    return folder


@pytest.fixture(scope="module")
def address(site):
    with served(site) as address:
        yield address


@pytest.fixture(scope="module")
def drawn(browser, address):
    """A page that has loaded everything, is offline since, and remembers where it asked."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(300_000)
    page.requests, page.errors = [], []
    page.on("request", lambda request: page.requests.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(address)
    page.wait_for_function(
        "document.body.dataset.loaded || document.querySelector('#status.problem')"
    )
    context.set_offline(True)
    yield page
    assert page.errors == []
    assert all(url.startswith((address, "blob:", "data:")) for url in page.requests)
    context.close()


def _ask(page, kind, **rest):
    script = """async ([kind, rest]) => {
        const answer = await playground.ask(kind, rest);
        return answer?.map?.((row) => typeof row === "string" ? row : Array.from(row)) ?? null;
    }"""
    return page.evaluate(script, [kind, rest])


def _pictures(page, stage, requests, weights="birds"):
    defaults = {"toCaption": None, "amount": 0}
    rows = _ask(page, "draw", weights=weights, stage=stage, requests=[
        {**defaults, **request} for request in requests])  # fmt: skip
    size = {1: 64, 2: 256}[stage]
    return np.array(rows, np.uint8).reshape(len(rows), size, size, 4)[..., :3]


def _embeddings(synthesizer, sentences):
    whitened = synthesizer.weights.whitening(sentences)
    return limit_length(whitened, synthesizer.weights.card.get("length_limit"))[0]


def _settle(page):
    page.wait_for_timeout(300)  # longer than the page waits before it draws the large picture
    page.wait_for_function("document.body.dataset.drawing === 'false'")


def _canvas(page):
    script = """() => {
        const { width, height } = document.getElementById('picture');
        const pen = document.getElementById('picture').getContext('2d');
        return [width, Array.from(pen.getImageData(0, 0, width, height).data)];
    }"""
    size, pixels = page.evaluate(script)
    return np.array(pixels, np.uint8).reshape(size, size, 4)[..., :3]


def _difference(one, other):
    return np.abs(one.astype(float) - other).mean()


@pytest.mark.parametrize("weights", ["birds", "toy"])
def test_pictures_equal_the_library_s(drawn, weights):
    synthesizer = Synthesizer(weights)
    captions = [RED, FRENCH]
    sentences = np.array(_ask(drawn, "encode", captions=captions), np.float32)
    exact = synthesizer.encoder.encode(captions)
    assert (sentences * exact).sum(1).min() > 0.95
    embeddings = _embeddings(synthesizer, sentences)
    noise = np.concatenate([synthesizer.noise(1, seed) for seed in (10, 4294967295)])
    expected = synthesizer.draw(embeddings, noise)
    requests = [{"caption": RED, "seed": 10}, {"caption": FRENCH, "seed": 4294967295}]
    for stage in (1, 2):
        found = _pictures(drawn, stage, requests, weights)
        for picture, other in zip(found, expected[stage], strict=True):
            assert _difference(picture, other) < 2
            assert picture.std() > 10


def test_a_blend_is_a_walk_along_the_sphere(drawn):
    synthesizer = Synthesizer("birds")
    sentences = np.array(_ask(drawn, "encode", captions=[RED, FRENCH]), np.float32)
    start, end = _embeddings(synthesizer, sentences)
    amounts = [0.0, 0.3, 1.0]
    expected = synthesizer.draw(
        slerp(start, end, amounts), synthesizer.noise(1, 10).repeat(3, 0), stage=1
    )[1]
    requests = [{"caption": RED, "toCaption": FRENCH, "amount": a, "seed": 10} for a in amounts]
    found = _pictures(drawn, 1, requests)
    assert _difference(found, expected) < 2
    assert _difference(found[0], found[2]) > 2


def test_sentences_are_close_to_the_library_s(drawn, record_property):
    encoder = Synthesizer("birds").encoder
    for name, captions in (("long", _long(60)), ("short", SHORT), ("foreign", FOREIGN)):
        found = np.array(_ask(drawn, "encode", captions=captions), np.float32)
        cosines = (found * encoder.encode(captions)).sum(1)
        record_property(name, float(cosines.mean()))
        print(f"{name}: {len(captions)} captions, cosine mean {cosines.mean():.4f}, "
              f"least {cosines.min():.4f}")  # fmt: skip
        assert cosines.mean() > 0.97 and cosines.min() > 0.9


def test_plain_form_pieces_noise_and_sliders_equal_the_library_s(drawn):
    """The modules of the page, imported once more and asked directly."""
    captions = [*_long(60), *SHORT, *FOREIGN, *ODD, *(f"{c.upper()}." for c in FOREIGN), *NAMED]
    drawn.context.set_offline(False)
    script = """async ([captions, seeds]) => {
        const { plain } = await import("./plain.js");
        const { noise } = await import("./noise.js");
        const { Tokenizer } = await import("./tokenizer.js");
        const { captionOf, choicesOf } = await import("./captions.js");
        const { toldInColours } = await import("./names.js");
        const index = await (await fetch("models/index.json")).json();
        const packed = await fetch("models/sentencepiece.bin");
        const stream = packed.body.pipeThrough(new DecompressionStream("gzip"));
        const model = new Uint8Array(await new Response(stream).arrayBuffer());
        const tokenizer = new Tokenizer(model, { unknown: 0, begin: 1, end: 2 });
        const texts = captions.map(plain);
        const choices = captions.map((caption) => choicesOf(caption, index.grammar));
        return {
            texts, choices,
            told: captions.map((caption) => toldInColours(caption, index.names)),
            ids: texts.map((text) => tokenizer.encode(text)),
            noise: seeds.map((seed) => Array.from(noise(seed, seed % 3, 2000))),
            written: choices.map((choice) => captionOf(choice, index.grammar)),
        };
    }"""
    seeds = [0, 10, 2**32 - 1, *range(100, 120)]
    found = drawn.evaluate(script, [captions, seeds])
    drawn.context.set_offline(True)
    texts = [plain(caption) for caption in captions]
    assert found["texts"] == texts
    assert found["told"] == [told_in_colours(caption) for caption in captions]
    assert all(told != text for told, text in zip(found["told"][-3:], texts[-3:], strict=True))
    assert found["ids"] == [load_tokenizer().encode(text) for text in texts]
    expected = [choices_of(caption) for caption in captions]
    assert found["choices"] == expected and any(expected)
    assert found["written"] == [caption_of(choices) for choices in expected]
    noise = [np.random.default_rng([seed, seed % 3]).standard_normal(2000) for seed in seeds]
    np.testing.assert_allclose(found["noise"], noise, atol=1e-6)


def test_sliders_write_the_caption_and_the_caption_moves_them(drawn):
    drawn.fill("#caption", "a bird")
    _settle(drawn)
    before = _canvas(drawn)
    slider = drawn.get_by_role("slider", name="belly")
    slider.focus()
    slider.press("ArrowRight")
    assert drawn.input_value("#caption") == "a bird with a red belly"
    assert slider.get_attribute("aria-valuetext") == "red"
    _settle(drawn)
    assert _canvas(drawn).shape == (256, 256, 3) and _difference(_canvas(drawn), before) > 1
    drawn.fill("#caption", "a small bird with blue wings")
    assert drawn.get_by_role("slider", name="belly").get_attribute("aria-valuetext") == "any"
    colours = list(CONTROLS["wing"])
    assert drawn.get_by_role("slider", name="wings").input_value() == str(1 + colours.index("blue"))
    _settle(drawn)


def test_a_blend_and_its_strip(drawn):
    drawn.fill("#caption", RED)
    drawn.fill("#to-caption", FRENCH)
    drawn.wait_for_function("document.querySelectorAll('#strip button').length === 7")
    _settle(drawn)
    start = _canvas(drawn)
    drawn.get_by_label("Blend 100 %").click()
    _settle(drawn)
    assert drawn.input_value("#amount") == "100"
    assert _difference(_canvas(drawn), start) > 2
    drawn.fill("#to-caption", "")
    _settle(drawn)
    assert drawn.locator("#strip button").count() == 0 and drawn.locator("#amount").is_disabled()


def test_a_saved_picture_says_how_to_draw_it_again(drawn, tmp_path):
    drawn.fill("#seed", "7")
    drawn.fill("#caption", "un  oiseau bleu à l’œil noir")
    _settle(drawn)
    with drawn.expect_download() as download:
        drawn.get_by_role("button", name="Save the picture").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "un-oiseau-bleu-à-l-œil-noir-7.png"
    with Image.open(path) as picture:
        picture.load()
        note, pixels = dict(picture.text), np.asarray(picture.convert("RGB"))
    saved = from_note(note)
    request = saved.requests[0]
    assert (request.caption, request.seed, request.stage) == ("un oiseau bleu à l’œil noir", 7, 2)
    card = Synthesizer("birds").weights.card
    assert saved.checksums == {int(s): entry["sha256"] for s, entry in card["stages"].items()}
    assert pixels[-60:].std() > 5, "the caption stands under the picture"
    assert _difference(pixels[24:536, 24:536], _canvas(drawn).repeat(2, 0).repeat(2, 1)) < 8


def test_a_link_shows_the_same_bird(drawn):
    drawn.fill("#seed", "5")
    drawn.fill("#caption", RED)
    _settle(drawn)
    fragment, bird = drawn.url.partition("#")[2], _canvas(drawn)
    drawn.fill("#seed", "6")
    drawn.fill("#caption", "a green bird")
    _settle(drawn)
    assert _difference(_canvas(drawn), bird) > 2
    drawn.evaluate("fragment => { location.hash = fragment }", fragment)
    drawn.wait_for_function("document.getElementById('seed').value === '5'")
    _settle(drawn)
    assert drawn.input_value("#caption") == RED
    assert _difference(_canvas(drawn), bird) == 0


def test_wrong_input_is_a_sentence(drawn):
    for field, value, words in (
        ("#caption", " ", "The caption is empty"),
        ("#caption", "red " * 201, "too long"),
        ("#seed", "-1", "whole number"),
        ("#caption", "🐦🐦", "No word"),
    ):
        drawn.fill("#seed", "1")
        drawn.fill("#caption", "a red bird")
        _settle(drawn)
        drawn.fill(field, value)
        _settle(drawn)
        assert words in drawn.inner_text("#status.problem")


def test_a_refusal_to_allocate_is_a_sentence(address, browser):
    switches = ["--no-sandbox", "--disable-gpu", "--js-flags=--wasm-max-mem-pages=200"]
    chromium = browser.browser_type
    path = find_chromium(chromium.executable_path)
    with chromium.launch(executable_path=path, args=switches) as small:
        page = small.new_page()
        page.goto(address)
        page.wait_for_selector("#status.problem", timeout=300_000)
        assert "did not give the memory" in page.inner_text("#status")


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation_of_wcag(drawn, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    drawn.set_viewport_size({"width": width, "height": 900})
    drawn.emulate_media(color_scheme=scheme)
    found = Axe().run(drawn, options={"runOnly": LEVELS}).response["violations"]
    assert not found, json.dumps(found, indent=1)[:3000]
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert drawn.evaluate(overflow) <= 0
