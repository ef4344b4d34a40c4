using Relay.Core;

namespace Relay.Gateway.Api;

/// <summary>Refusals that several operations have.</summary>
internal static class ApiFaults
{
    public static readonly ApiFault NotFound = new(StatusCodes.Status404NotFound, "not_found", "There is nothing at this address.");
    public static readonly ApiFault MethodNotAllowed = new(StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "This address does not take the method; see Allow.");
    public static readonly ApiFault UnknownTenant = new(StatusCodes.Status404NotFound, "unknown_tenant", "There is no such tenant.");
    public static readonly ApiFault TenantSuspended = new(StatusCodes.Status403Forbidden, "tenant_suspended", "The tenant is suspended.");
    public static readonly ApiFault OriginNotAllowed = new(StatusCodes.Status403Forbidden, "origin_not_allowed", "Pages of this origin may not do this; see server.allowed_origins.");
    public static readonly ApiFault RateLimited = new(StatusCodes.Status429TooManyRequests, "rate_limited", "This is more than a rate of limits.* allows; Retry-After says when to come again.");
    public static readonly ApiFault Unauthenticated = new(StatusCodes.Status401Unauthorized, "unauthenticated", "A token or an API key is needed.");
    public static readonly ApiFault InvalidToken = new(StatusCodes.Status401Unauthorized, "invalid_token", "The credential is not valid here.");
    public static readonly ApiFault TokenExpired = new(StatusCodes.Status401Unauthorized, "token_expired", "The token has run out.");
    public static readonly ApiFault WrongTenant = new(StatusCodes.Status403Forbidden, "wrong_tenant", "The credential is of another tenant than the one in the path.");
    public static readonly ApiFault Forbidden = new(StatusCodes.Status403Forbidden, "forbidden", "The credential has no role for this.");
    public static readonly ApiFault InvalidAfter = new(StatusCodes.Status400BadRequest, "invalid_after", $"after is one id of 1 to {Ids.MaxBytes} bytes.");
    public static readonly ApiFault InvalidLimit = new(StatusCodes.Status400BadRequest, "invalid_limit", $"limit is a whole number from 1 to {Paging.MaxLimit}.");

    public static readonly ApiFault BodyTooSlow = new(StatusCodes.Status400BadRequest, "bad_request", "The body could not be read, or came too slowly.");
    public static readonly ApiFault Busy = new(StatusCodes.Status503ServiceUnavailable, "busy", "The relay holds as many bodies of requests as it may; try again.");
    public static readonly ApiFault Unavailable = new(StatusCodes.Status503ServiceUnavailable, "unavailable", "A part of the relay could not be reached: what was asked may have been done in part; ask again.");
    public static readonly ApiFault GoingAway = new(StatusCodes.Status503ServiceUnavailable, "going_away", "The relay is being stopped; nothing was changed.");

    /// <summary>An id in an address is none.</summary>
    public static ApiFault BadId(string name) => new(StatusCodes.Status400BadRequest, "bad_" + name, $"The {name} in the address is no id: 1 to {Ids.MaxBytes} bytes of UTF-8 without U+0000.");

    /// <summary>Every code that an answer under <c>/api/v1</c> may have.</summary>
    public static IReadOnlyList<string> Codes { get; } =
        [.. ApiTable.All.SelectMany(Of).Append(NotFound).Append(MethodNotAllowed).Select(static fault => fault.Error).Concat(["bad_identity", "too_many_failures"]).Distinct(StringComparer.Ordinal)];

    /// <summary>All that an operation may refuse with.</summary>
    public static IEnumerable<ApiFault> Of(ApiOperation operation) => Common(operation).Concat(operation.Faults);

    // What every operation of that kind may refuse with, whatever it does.
    private static IEnumerable<ApiFault> Common(ApiOperation operation)
    {
        yield return Unauthenticated;
        yield return InvalidToken;
        yield return TokenExpired;
        yield return WrongTenant;
        yield return Forbidden;
        yield return UnknownTenant;
        yield return TenantSuspended;
        yield return RateLimited;
        yield return OriginNotAllowed;
        foreach (var id in operation.Ids) yield return BadId(id);
        if (operation.Body is { } body)
        {
            yield return body.TooBig;
            yield return BodyTooSlow;
            yield return Busy;
        }

        if (operation.Changes)
        {
            foreach (var fault in operation.IsKeyed ? KeyedRequests.Faults : []) yield return fault;
            yield return GoingAway;
        }

        yield return Unavailable;
        if (!operation.IsPaged) yield break;
        yield return InvalidAfter;
        yield return InvalidLimit;
    }
}
