"""Writes a directory of small, lifelike HDF5 files: make-sample.py DIR."""

import pathlib
import sys

import h5py
import numpy as np

# What every HDF5 from 1.10 on can read.
FORMAT = ("earliest", "v110")


def weather(path: pathlib.Path) -> None:
    """A grid over time with dimension scales, as netCDF-4 programs write it."""
    hours = np.arange(48, dtype="f8")
    latitude = np.linspace(-88.75, 88.75, 72, dtype="f4")
    longitude = np.linspace(0, 355, 72, dtype="f4")
    daily = 4 * np.sin(2 * np.pi * (hours[:, None, None] / 24 + longitude[None, None, :] / 360))
    temperature = 288 - 40 * np.sin(np.radians(latitude))[None, :, None] ** 2 + daily
    with h5py.File(path, "w", libver=FORMAT) as file:
        file.attrs["Conventions"] = "CF-1.8"
        file.attrs["title"] = "Air temperature, a sample"
        scales = {"time": hours, "latitude": latitude, "longitude": longitude}
        units = {"time": "hours since 2024-06-01 00:00:00", "latitude": "degrees_north", "longitude": "degrees_east"}
        for name, values in scales.items():
            file[name] = values
            file[name].attrs["units"] = units[name]
            file[name].make_scale(name)
        air = file.create_dataset(
            "temperature", data=temperature.astype("f4"), chunks=(12, 36, 36), shuffle=True, compression="gzip",
            fillvalue=np.float32(-9999))
        air.attrs["units"] = "K"
        air.attrs["long_name"] = "air temperature at 2 m"
        for axis, name in enumerate(scales):
            air.dims[axis].attach_scale(file[name])


def scan(path: pathlib.Path, number: int, chance: np.random.Generator) -> None:
    """A stack of detector images in groups with attributes, as NeXus describes it."""
    frames, size = 20, 128
    angle = np.linspace(10, 29, frames)
    y, x = np.mgrid[0:size, 0:size]
    ring = np.hypot(x - size / 2, y - size / 2)
    images = chance.poisson(3 + 200 * np.exp(-((ring[None] - 2 * angle[:, None, None]) ** 2) / 8))

    def group(parent: h5py.Group, name: str, kind: str) -> h5py.Group:
        made = parent.create_group(name)
        made.attrs["NX_class"] = kind
        return made

    with h5py.File(path, "w", libver=FORMAT) as file:
        file.attrs["default"] = "entry"
        entry = group(file, "entry", "NXentry")
        entry.attrs["default"] = "data"
        entry["title"] = f"scan {number}: silicon powder"
        entry["start_time"] = "2024-06-01T14:03:22+02:00"
        sample = group(entry, "sample", "NXsample")
        sample["name"] = "Si NIST 640f"
        sample["temperature"] = 295.4
        sample["temperature"].attrs["units"] = "K"
        instrument = group(entry, "instrument", "NXinstrument")
        detector = group(instrument, "detector", "NXdetector")
        detector.create_dataset(
            "counts", data=images.astype("u2"), chunks=(1, size, size), maxshape=(None, size, size), shuffle=True,
            compression="gzip", compression_opts=4)
        detector["pixel_mask"] = ring < 4
        detector["distance"] = 0.185
        detector["distance"].attrs["units"] = "m"
        positioner = group(instrument, "two_theta", "NXpositioner")
        positioner["value"] = angle
        positioner["value"].attrs["units"] = "degree"
        data = group(entry, "data", "NXdata")
        data.attrs["signal"] = "counts"
        data.attrs["axes"] = ["two_theta", ".", "."]
        data["counts"] = h5py.SoftLink("/entry/instrument/detector/counts")
        data["two_theta"] = h5py.SoftLink("/entry/instrument/two_theta/value")


def catalogue(path: pathlib.Path, chance: np.random.Generator) -> None:
    """A table, strings of both kinds and an enumeration."""
    row = np.dtype([("id", "i8"), ("name", "S16"), ("ra", "f8"), ("dec", "f8"), ("magnitude", "f4")])
    stars = np.zeros(500, row)
    stars["id"] = np.arange(1, 501)
    stars["name"] = [f"LH {number:04d}".encode() for number in stars["id"]]
    stars["ra"] = chance.uniform(0, 360, 500)
    stars["dec"] = np.degrees(np.arcsin(chance.uniform(-1, 1, 500)))
    stars["magnitude"] = chance.normal(12, 2, 500)
    with h5py.File(path, "w", libver=FORMAT) as file:
        file.create_dataset("stars", data=stars, chunks=(100,), maxshape=(None,), compression="gzip")
        file["stars"].attrs["epoch"] = 2000.0
        file["observers"] = np.array(["Caroline Herschel", "Tycho Brahe", "Wang Zhenyi (\u738b\u8c9e\u5100)"], h5py.string_dtype())
        band = h5py.enum_dtype({"U": 0, "B": 1, "V": 2, "R": 3}, basetype="u1")
        file.create_dataset("filter", data=chance.integers(0, 4, 500), dtype=band)
        brightest = int(stars["magnitude"].argmin())
        region = file["stars"].regionref[brightest : brightest + 1]
        file.create_dataset("brightest", data=region, dtype=h5py.regionref_dtype)


def arrays(path: pathlib.Path) -> None:
    """Plain arrays of numbers."""
    time = np.arange(10_000) / 1000
    with h5py.File(path, "w", libver=FORMAT) as file:
        file["time"] = time
        file["voltage"] = 5 * np.sin(2 * np.pi * 50 * time) * np.exp(-time / 4)
        file["voltage"].attrs["units"] = "V"
        file["matrix"] = np.arange(24, dtype="i4").reshape(4, 6)
        file["pi"] = np.pi
        file["missing"] = np.array([1.5, np.nan, np.inf, -np.inf])


def main(target: str) -> None:
    root = pathlib.Path(target)
    chance = np.random.default_rng(42)
    (root / "beamtime").mkdir(parents=True)
    arrays(root / "measurements.h5")
    weather(root / "weather.nc")
    catalogue(root / "stars.h5", chance)
    for number in (41, 42):
        scan(root / "beamtime" / f"scan_{number:04d}.h5", number, chance)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
