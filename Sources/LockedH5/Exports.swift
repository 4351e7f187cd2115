// The words of this library's signatures: a program that imports LockedH5 has them too.
@_exported public import H5Model
@_exported public import H5Elements
