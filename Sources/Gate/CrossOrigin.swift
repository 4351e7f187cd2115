import HTTPTypes

/// Which origins' pages may read answers (the Fetch standard's CORS protocol). No page of another origin may write.
struct CrossOrigin {
    let origins: [String]

    func add(to response: inout HTTPFields, request: HTTPFields, method: HTTPRequest.Method) {
        if origins.isEmpty { return }
        let isAny = origins.contains("*")
        if !isAny { response[.vary] = [response[.vary], "Origin"].compactMap(\.self).joined(separator: ", ") }
        guard let origin = request[.origin], isAny || origins.contains(origin) else { return }
        response[.accessControlAllowOrigin] = isAny ? "*" : origin
        response[.accessControlExposeHeaders] =
            "Content-Disposition, ETag, Link, Location, Upload-Offset, Content-Range, Accept-Ranges, Retry-After, X-HDF5-Shape, X-HDF5-Datatype, X-Request-Id, Preference-Applied"
        if method == .options, request[.accessControlRequestMethod] != nil {
            response[.accessControlAllowMethods] = "GET, HEAD, OPTIONS"
            response[.accessControlAllowHeaders] = request[.accessControlRequestHeaders]
            response[.accessControlMaxAge] = "600"
        }
    }
}
