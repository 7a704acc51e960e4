"""The batch.toml that `hitgen init` writes for comparisons: its own tables, and its rules of screening."""

from __future__ import annotations

from hitgen.batch.new import Beginning

BODY = """[method]
kind = "compare"              # JPEG AIC-3's comparisons: docs/compare.md
arms = ["boosted", "plain"]   # boosted answers bring precision, plain ones the unit JND
boost = ["amplify", "zoom", "flicker"]
compare = ["same", "cross"]   # levels of one codec, and codecs with each other; "source": detection
crop = {crop:<23}# width and height of what is shown, from each picture's middle

[method.boosted]
answers = 40                  # to each question; the standard's study had 120
distance = 3                  # how many levels apart the two of one codec may be

[method.plain]
answers = 20                  # the standard's study had 49
distance = 4

[[images]]
name = "jpeg"
sources = "{pattern}"
codec = "jpeg"                # jpeg webp avif jpeg2000 heic jxl command files
levels = 10                   # found for each picture, by even steps of PSNR from error_db = [46, 34] of [method]

[[images]]
name = "webp"
sources = "{pattern}"
codec = "webp"
levels = 10

[hit]
training = 4                  # practice questions a page
study = 120                   # study questions a page, at most
gold = 10                     # traps a page: the source against the worst level, which everybody should see
bias = 4                      # questions a page with the same picture twice
packs = "inline"              # inline: one file a page; linked: pages share packs
reward_usd = "{reward_usd}"

[display]
scaling = "pixels"            # one picture pixel for each pixel of the screen
distance_cm = 50
swaps_per_second = 10         # 100 ms a phase
# accept_flash_hazard = "I accept flashes beyond WCAG 2.3.1"   # `hitgen check` says whether it is needed

"""
SCREENING = """[screening]                   # docs/compare.md
traps_boosted = 0.70          # least share of traps passed, "not sure" counting half
traps_plain = 0.67
# reject = ["traps"]          # work is rejected, unpaid, only for rules named here; none by default

"""
BEGINNING = Beginning("Which picture differs more?", BODY, SCREENING, crop=(620, 800))
