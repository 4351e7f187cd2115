import H5Model
import HDF5
@testable import LockedH5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct ServiceErrorLayersTests {
    @Test(arguments: [
        (HDF5Error.Cause.missing, ErrorCode.notFound), (.wrongKind, .wrongKind), (.invalid, .invalid),
        (.outOfBounds, .outOfBounds), (.unsupported, .unsupported), (.newerFormat, .unsupported),
        (.tooLarge, .tooLarge), (.outOfMemory, .workerFailed), (.notHDF5, .notHDF5), (.openElsewhere, .locked),
        (.damaged, .damaged), (.inputOutput, .internal), (.exists, .exists),
        (.outOfSpace, .outOfSpace), (.library, .internal),
    ])
    func init_KeepsTheSentence(cause: HDF5Error.Cause, code: ErrorCode) {
        let frame = HDF5Error.Frame(major: "Dataset", minor: "Read failed", description: "can't read data")
        #expect(ServiceError(HDF5Error(cause, "a sentence", frames: [frame])) == ServiceError(code, "a sentence"))
    }
}
