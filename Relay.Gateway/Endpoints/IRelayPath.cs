using Relay.Core;

namespace Relay.Gateway.Endpoints;

/// <summary>
/// A request feature: what the raw request target names, each segment percent-decoded once. Routing works on the
/// framework's own decoding, in which <c>%2F</c> stays as it is, so ids are read here and never from route values.
/// </summary>
internal interface IRelayPath
{
    /// <summary>The tenant of <c>/t/{tenant}</c>, or null. It is what the path asks for: whose the request is, <see cref="Auth.Admitted"/> says.</summary>
    TenantId? Tenant { get; }

    /// <summary>The decoded segments behind <c>/t/{tenant}</c>, or all of them.</summary>
    IReadOnlyList<string> Segments { get; }
}
