import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The answers to the requests of a batch, in their order.
struct BatchAnswers {
    private let answer: Answer
    private let answers: [AnswerObject]

    init(_ answer: Answer) throws(HDF5ClientError) {
        self.answer = answer
        answers = try answer.understood { try AnswerObject.list(answer.body) }
    }

    /// The body of one, which is a JSON object.
    func object(_ index: Int) throws(HDF5ClientError) -> AnswerObject {
        let body = try body(of: index)
        return try answer.understood { try AnswerObject(body) }
    }

    /// The body of one, as the description that it is.
    func body<Description: Decodable>(_ index: Int) throws(HDF5ClientError) -> Description {
        let body = try body(of: index)
        return try answer.understood { try JSONDecoder().decode(Description.self, from: Data(body)) }
    }

    private func body(of index: Int) throws(HDF5ClientError) -> [UInt8] {
        guard answers.indices.contains(index), let body = answers[index].text("body") else {
            throw answer.notUnderstood("it has no answer to request \(index) of the batch")
        }
        return body
    }
}

extension HDF5Client {
    /// Carries out changes of a file, one at least, in one request and one transaction.
    func perform(
        _ changes: [Change], on file: ServedPath, _ options: CallOptions
    ) async throws(HDF5ClientError) -> BatchAnswers {
        let change = Change(
            method: .post, target: ResourceTarget("batch", file: file), body: .json(Batch.body(of: changes)))
        return try BatchAnswers(try await send(change, options))
    }
}
