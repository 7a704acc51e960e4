"""The batch.toml that `hitgen init` writes for thresholds: its own tables, and its rules of screening."""

from __future__ import annotations

from hitgen.batch.new import Beginning

BODY = """[method]
kind = "threshold"            # which of two pictures flickers, at levels that adapt: docs/threshold.md
flickering = "both"           # one: the source stands still beside a level; each: several pictures at once

[[images]]
name = "study"
sources = "{pattern}"
codec = "jpeg"                # jpeg webp avif jpeg2000 heic jxl command files
levels = {levels:<21}# level d has quality 101 - d{levels_why}
role = "study"

[hit]
layout = "flicker"            # flicker: controls below the pictures; side: beside them
study = {study:<22}# study ladders a page, at most
comparisons = 3               # of each of them by one worker
catch = 3                     # comparisons a page in which nothing flickers: they tell who looks
ratings = 43                  # comparisons wanted of each study ladder
packs = "inline"              # inline: one file a page; linked: pages share packs
reward_usd = "{reward_usd}"

[display]
scaling = "physical"          # physical: width_cm on every screen; pixels: one image pixel per device pixel
width_cm = 13.797             # of each of the pictures
distance_cm = 30
swaps_per_second = {swaps:<11g}# 8 swaps a second are a flicker of 4 Hz{swaps_why}
# accept_flash_hazard = "I accept flashes beyond WCAG 2.3.1"   # `hitgen check` says whether it is needed

"""
SCREENING = """[screening]                   # docs/results.md
gold_rate = 0.6               # least share of catch trials without a false alarm
# reject = ["gold"]           # work is rejected, unpaid, only for rules named here; none by default

"""
BEGINNING = Beginning("Which picture flickers?", BODY, SCREENING, at_once=2, study=8)
