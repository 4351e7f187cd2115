// The words of this library's signatures: a program that imports LockedH5Client has them too.
@_exported public import H5Elements
@_exported public import H5Model
