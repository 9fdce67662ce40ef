"""Makes and judges ESP images with esptool. Reads one JSON object for each line, and answers each with one.

{"chips": true} lists the chips with their memory.
{"make": {...}} builds an image for a chip from sections, as elf2image does after reading the ELF file.
{"judge": "<base64>"} says what image-info would say; {"error": ...} when esptool cannot read the image.
"""

import base64
import contextlib
import json
import sys

from esptool import bin_image, cmds
from esptool.targets import CHIP_DEFS


def chips():
    return {
        "chips": [
            {
                "model": model,
                "id": rom.IMAGE_CHIP_ID,
                "flash": rom.DROM_MAP_START,
                "memory": next(start for start, _, kind in rom.MEMORY_MAP if kind == "DRAM"),
                "sizes": list(rom.FLASH_SIZES.values()),
                "frequencies": list(rom.FLASH_FREQUENCY.values()),
                "bootloader": rom.BOOTLOADER_FLASH_OFFSET,
            }
            for model, rom in CHIP_DEFS.items()
            if model != "esp8266"
        ]
    }


def make(wish):
    image = CHIP_DEFS[wish["chip"]].BOOTLOADER_IMAGE()
    image.flash_mode = wish["mode"]
    image.flash_size_freq = wish["sizeAndFrequency"]
    image.entrypoint = wish["entry"]
    image.min_rev_full = wish["least"]
    image.max_rev_full = wish["most"]
    image.append_digest = wish["hasHash"]
    image.secure_pad = wish.get("securePad")
    image.pad_to_size = wish.get("padTo", 0)
    image.segments = [
        bin_image.ELFSection(each["name"].encode(), each["address"], base64.b64decode(each["content"]), 2)
        for each in wish["sections"]
    ]
    image.verify()
    return {"image": base64.b64encode(image.save(None)).decode()}


def judge(text):
    content = base64.b64decode(text)
    chip = cmds._parse_image_info_header(content)
    image = bin_image.LoadFirmwareImage(chip, content)
    window = image.ROM_LOADER.MEMORY_MAP
    data = [each for each in image.segments if any(a <= each.addr < b and kind == "DROM" for a, b, kind in window)]
    described = data[0].data if data else b""
    return {
        "chip": chip,
        "entry": image.entrypoint,
        "mode": image.flash_mode,
        "segments": [[each.addr, len(each.data), each.file_offs] for each in image.segments],
        "least": getattr(image, "min_rev_full", 0),
        "most": getattr(image, "max_rev_full", 0),
        "isChecksumRight": image.checksum == image.calculate_checksum(),
        "hash": image.calc_digest.hex() if getattr(image, "append_digest", False) else None,
        "isHashRight": not getattr(image, "append_digest", False) or image.stored_digest == image.calc_digest,
        "frequency": name_of(image.ROM_LOADER.FLASH_FREQUENCY, image.flash_size_freq & 0x0F),
        "size": name_of(image.ROM_LOADER.FLASH_SIZES, image.flash_size_freq & 0xF0),
        "application": cmds._parse_app_info(described) if len(described) >= 256 else None,
    }


def name_of(names, value):
    return next((name for name, code in names.items() if code == value), None)


def answer(wish):
    try:
        if "chips" in wish:
            return chips()
        return make(wish["make"]) if "make" in wish else judge(wish["judge"])
    except Exception as error:  # whatever it is, the verdict is that the file cannot be read
        return {"error": f"{type(error).__name__}: {error}"}


for line in sys.stdin:
    with contextlib.redirect_stdout(sys.stderr):
        said = json.dumps(answer(json.loads(line)), default=str)
    print(said)
