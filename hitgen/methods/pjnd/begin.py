"""The batch.toml that `hitgen init` writes for a slider study: its own tables, and its rules of screening."""

from __future__ import annotations

from hitgen.batch.new import Beginning

BODY = """[[images]]
name = "study"
sources = "{pattern}"
codec = "jpeg"                # jpeg webp avif jpeg2000 heic jxl command files
levels = {levels:<21}# level d has quality 101 - d{levels_why}
role = "study"

# Gold and training ladders have known answers; they keep the data honest. Make them from photographs that are
# not in the study, with:  {gold}   (or --role training)
[hit]
layout = "flicker"            # flicker: controls below the image; side: beside it
training = 0                  # training trials a page
study = {study:<22}# study trials a page
gold = 0                      # gold trials a page
ratings = 43                  # ratings wanted for each study image
locations = 3                 # places a worker marks
packs = "inline"              # inline: one file a page; linked: pages share packs
reward_usd = "{reward_usd}"

[display]
scaling = "physical"          # physical: width_cm on every screen; pixels: one image pixel per device pixel
width_cm = 13.797
distance_cm = 30
swaps_per_second = {swaps:<11g}# 8 swaps a second are a flicker of 4 Hz{swaps_why}
# accept_flash_hazard = "I accept flashes beyond WCAG 2.3.1"   # `hitgen check` says whether it is needed

"""

SCREENING = """[screening]                   # docs/results.md
use_above = {use_above:<18g}# least probability of being honest, by gold answers, to be used{use_why}
# rule = "thresholds"         # instead: at least gold_rate = 0.7 of the checks of gold_answers_min = 10 answers
# reject = ["gold"]           # work is rejected, unpaid, only for rules named here; none by default

"""

BEGINNING = Beginning("Visibility of image compression", BODY, SCREENING, gold=True)
