internal import CHDF5
internal import H5Model

/// The options of a dataset's creation that have no other place.
extension Dataset {
    private var reading: String { "reading the options of \(path)" }

    /// The corresponding C function is `H5Pfill_value_defined`.
    func fillState() throws(HDF5Error) -> H5D_fill_value_t {
        var state = H5D_FILL_VALUE_ERROR
        try check(H5Pfill_value_defined(creation.id, &state), "reading the fill value of \(path)")
        return state
    }

    /// The corresponding C function is `H5Pget_fill_time`.
    func fillTime() throws(HDF5Error) -> FillTime {
        var time = H5D_FILL_TIME_ERROR
        try check(H5Pget_fill_time(creation.id, &time), reading)
        switch time {
        case H5D_FILL_TIME_ALLOC: return .alloc
        case H5D_FILL_TIME_NEVER: return .never
        case H5D_FILL_TIME_IFSET: return .ifSet
        default: throw HDF5Error(.damaged, "\(path) is to be filled at a time that there is not")
        }
    }

    /// Of the object's header, since the older format's property list always says yes.
    func tracksTimes() throws(HDF5Error) -> Bool {
        try check(chdf5_keeps_times(object.handle.id), reading) > 0
    }

    /// The corresponding C function is `H5Pget_attr_creation_order`.
    func tracksCreationOrder() throws(HDF5Error) -> Bool {
        var flags: UInt32 = 0
        try check(H5Pget_attr_creation_order(creation.id, &flags), reading)
        return flags & UInt32(H5P_CRT_ORDER_TRACKED) != 0
    }
}

extension FillTime {
    /// libhdf5's word for it.
    var native: H5D_fill_time_t {
        switch self {
        case .ifSet: H5D_FILL_TIME_IFSET
        case .alloc: H5D_FILL_TIME_ALLOC
        case .never: H5D_FILL_TIME_NEVER
        }
    }
}
