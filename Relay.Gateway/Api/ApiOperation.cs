using System.Text.Json.Serialization.Metadata;
using Relay.Gateway.Auth;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Api;

/// <summary>
/// One operation of <c>/api/v1</c>: a row of <see cref="ApiTable"/>, from which its routing, the access that it asks for, its part of the OpenAPI
/// document and its tests come.
/// </summary>
/// <param name="Id">Its name for programs, as it stands in the OpenAPI document.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The address; each <c>{name}</c> is an id, percent-decoded once from the raw request target.</param>
/// <param name="Access">What it asks of the caller.</param>
/// <param name="Summary">What it does, a sentence.</param>
/// <param name="Handle">Performs it and writes the answer.</param>
internal sealed record ApiOperation(string Id, string Method, string Path, Access Access, string Summary, Func<ApiCall, Task> Handle)
{
    /// <summary>The segments of the address.</summary>
    public IReadOnlyList<string> Template { get; } = Path[1..].Split('/');

    /// <summary>Whether it changes something.</summary>
    public bool Changes => Method != HttpMethods.Get;

    /// <summary>Whether it gives a list in parts, by <c>?after=</c> and <c>?limit=</c>.</summary>
    public bool IsPaged { get; init; }

    /// <summary>Whether its answer is for one caller once: it is not kept, and so the request is not one to be given an <c>Idempotency-Key</c>.</summary>
    public bool AnswersOnce { get; init; }

    /// <summary>Whether a request that comes again with its <c>Idempotency-Key</c> gets the first one's answer.</summary>
    public bool IsKeyed => Changes && !AnswersOnce;

    /// <summary>What it takes, if anything.</summary>
    public ApiBody? Body { get; init; }

    /// <summary>What it may be given in the query, beside the part of a list: the name, and a sentence.</summary>
    public IReadOnlyList<(string Name, string Summary)> Query { get; init; } = [];

    /// <summary>What it answers with 200; without it the answer is 204.</summary>
    public ApiContent? Answer { get; init; }

    /// <summary>What it may refuse with, beside what every operation does.</summary>
    public IReadOnlyList<ApiFault> Faults { get; init; } = [];

    /// <summary>The job that a tenant has to have for it.</summary>
    public TenantJobs Job { get; init; }

    /// <summary>The names of the ids in the address.</summary>
    public IEnumerable<string> Ids => Template.Where(IsId).Select(NameOf);

    /// <summary>The number of the status that tells success.</summary>
    public int Status => Answer is null ? StatusCodes.Status204NoContent : StatusCodes.Status200OK;

    /// <summary>Whether an address is one of this operation's.</summary>
    public bool Matches(IReadOnlyList<string> segments)
    {
        if (segments.Count != Template.Count) return false;
        for (var i = 0; i < Template.Count; i++)
            if (!IsId(Template[i]) && Template[i] != segments[i]) return false;
        return true;
    }

    /// <summary>The id of that name in an address that matches.</summary>
    public string IdOf(string name, IReadOnlyList<string> segments)
    {
        for (var i = 0; i < Template.Count; i++)
            if (IsId(Template[i]) && NameOf(Template[i]) == name) return segments[i];
        throw new ArgumentException($"{Path} has no {name}.", nameof(name));
    }

    private static bool IsId(string segment) => segment.StartsWith('{');

    private static string NameOf(string segment) => segment[1..^1];
}

/// <summary>What a request's body may be.</summary>
/// <param name="Content">Its content.</param>
/// <param name="Limit">The most bytes that it may have.</param>
/// <param name="TooBig">What one with more is told.</param>
internal sealed record ApiBody(ApiContent Content, Func<RelaySettings, int> Limit, ApiFault TooBig);

/// <summary>The content of a request or an answer.</summary>
/// <param name="Example">An example, which a test sends or compares.</param>
/// <param name="Type">Its shape, when it is JSON.</param>
/// <param name="MediaType">What it is.</param>
internal sealed record ApiContent(string Example, JsonTypeInfo? Type, string MediaType = ApiContent.Json)
{
    public const string Json = "application/json";
}

/// <summary>A refusal of the API.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Error">A code for programs.</param>
/// <param name="Message">A sentence for people.</param>
internal sealed record ApiFault(int Status, string Error, string Message);
