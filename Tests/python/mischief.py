"""What h5py refuses, and the interface with it: the wrong operations of a random sequence."""

import h5py

from elements import DTYPES, KINDS

# How a dataset is refused that is required and is another: over HTTP, and by the library.
NO_MATCH = ("exists", "invalid")


class Mischief:
    """The part of an author that does wrong."""

    def mischief(self):
        group, data = self.some(h5py.Group), self.some(h5py.Dataset)
        # Where h5py refuses a dataset it leaves the groups on the way.
        taken, free = self.rnd.choice([each for each in self.links() if each != data]), self.free_place(deep=False)
        missing, plain = "/no such thing", {"shape": (2,), "dtype": DTYPES["i4le"]}
        file, dataset = self.file, self.file[data]
        value, told = self.value("i4le", (7,))
        kept = file["/kept/data"]
        wrong = [size + 1 for size in dataset.maxshape if size is not None]
        ways = [
            lambda: self.do(
                lambda: file.create_group(taken), ["exists"], op="group", path=taken, trackOrder=False),
            lambda: self.dataset_at(taken, "i4le", plain, refused=["exists"]),
            lambda: self.dataset_at(data + "/below", "i4le", plain, refused=["wrong_kind"]),
            lambda: self.dataset_at(free, "i4le", plain | {"chunks": (3,)}, refused=["invalid"]),
            lambda: self.dataset_at(free, "i4le", plain | {"maxshape": (1,)}, refused=["invalid", "out_of_bounds"]),
            lambda: self.dataset_at(free, "i4le", plain | {"maxshape": (None, 2)}, refused=["invalid"]),
            lambda: self.dataset_at(
                free, "i4le", plain | {"compression": "gzip", "compression_opts": 11}, refused=["invalid"]),
            lambda: self.do(lambda: file.require_group(data), ["wrong_kind"], op="require_group", path=data),
            lambda: self.require_dataset(group, "i4le", (2,), refused=["wrong_kind"]),
            lambda: self.require_dataset(data, "i4le", (99, 1), refused=NO_MATCH),
            lambda: self.commit_at(taken, "i4le", refused=["exists"]),
            lambda: self.commit_at(data + "/below", "i4le", refused=["wrong_kind"]),
            lambda: self.copy_to(missing, free, [], refused=["not_found"]),
            lambda: self.copy_to(data, taken, [], refused=["exists"]),
            lambda: self.copy_to(group, data + "/below", [], refused=["wrong_kind"]),
            lambda: self.label_of("/kept/data", 2, "z", refused=["out_of_bounds"]),
            lambda: self.attach_to("/kept/data", 0, "/kept/data", refused=["invalid"]),
            lambda: self.do(lambda: file.move(missing, free), ["not_found"], op="move", path=missing, to=free),
            lambda: self.do(lambda: file.move(data, taken), ["exists"], op="move", path=data, to=taken),
            lambda: self.do(lambda: file.__delitem__(missing), ["not_found"], op="remove", path=missing),
            lambda: self.do(
                lambda: file.__setitem__(free, file[missing]), ["not_found"], op="link", path=free, link="hard",
                target=missing),
            lambda: self.do(
                lambda: file[group].attrs.__delitem__(missing), ["not_found"], op="remove_attribute", path=group,
                name=missing),
            lambda: self.do(
                lambda: kept.__setitem__((0, slice(None)), value), ["invalid"], op="write", path="/kept/data",
                select="0,:", **told),
            lambda: self.do(
                lambda: kept.__setitem__((4, 0), value[0]), ["out_of_bounds"], op="write", path="/kept/data",
                select="4,0", **self.told(value[:1].reshape(()), KINDS["i4le"])),
            lambda: self.do(
                lambda: kept.resize((4, 5, 6)), ["invalid", "unsupported"], op="resize", path="/kept/data",
                shape=[4, 5, 6])]
        if dataset.chunks and len(wrong) == len(dataset.maxshape):
            ways.append(lambda: self.do(
                lambda: dataset.resize(wrong), ["out_of_bounds"], op="resize", path=data, shape=wrong))
        self.rnd.choice(ways)()
