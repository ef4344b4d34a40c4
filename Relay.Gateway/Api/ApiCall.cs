using System.Text.Json.Serialization.Metadata;
using Relay.Core;
using Relay.Core.Runtime;
using Relay.Gateway.Auth;

namespace Relay.Gateway.Api;

/// <summary>An operation that was let in.</summary>
/// <param name="http">The request.</param>
/// <param name="operation">The operation.</param>
/// <param name="who">Who asks, and in whose name: never one that the caller names in a body or a query.</param>
/// <param name="segments">The decoded address.</param>
/// <param name="body">The body, when the operation takes one.</param>
/// <param name="page">Which part of a list is asked for, when the operation gives one.</param>
internal sealed class ApiCall(HttpContext http, ApiOperation operation, Admitted who, IReadOnlyList<string> segments, byte[] body, Page page)
{
    public HttpContext Http => http;

    public ApiOperation Operation => operation;

    public Admitted Who => who;

    public TenantId Tenant => who.Tenant;

    /// <summary>The request's body, which may be empty.</summary>
    public byte[] Body => body;

    public Page Page => page;

    public IRelayRuntime Runtime => Service<IRelayRuntime>();

    /// <summary>Nobody waits for the answer any more.</summary>
    public CancellationToken Over { get; init; } = http.RequestAborted;

    /// <summary>An id in the address; every one is valid.</summary>
    public string this[string name] => operation.IdOf(name, segments);

    /// <summary>An id in the address, or null when the address has none of that name.</summary>
    public string? Find(string name) => operation.Ids.Contains(name) ? this[name] : null;

    public T Service<T>()
        where T : notnull => http.RequestServices.GetRequiredService<T>();

    /// <summary>Answers with 200.</summary>
    public Task AnswerAsync<T>(T answer, JsonTypeInfo<T> type) => http.Response.WriteAsJsonAsync(answer, type, cancellationToken: Over);

    /// <summary>The same call, whose answer is written until something else ends.</summary>
    public ApiCall Until(CancellationToken over) => new(http, operation, who, segments, body, page) { Over = over };

    /// <summary>Answers with 204.</summary>
    public Task DoneAsync()
    {
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    public Task RefuseAsync(ApiFault fault) => ApiError.WriteAsync(http, fault.Status, fault.Error, fault.Message);
}

/// <summary>Which part of a list is asked for.</summary>
/// <param name="After">Only what stands behind this id, or null for all.</param>
/// <param name="Limit">How many at the most.</param>
internal readonly record struct Page(string? After, int Limit)
{
    /// <summary>One more than asked for tells whether there is a next part.</summary>
    public int Probe => Limit + 1;

    /// <summary>Makes the answer of what was found when <see cref="Probe"/> were asked for.</summary>
    /// <param name="found">What was found, in its order.</param>
    /// <param name="view">What is shown of one.</param>
    /// <param name="key">What names one in <c>after</c>.</param>
    /// <returns>What is shown, and what to give as <c>after</c> for the next part: null at the end.</returns>
    public (IReadOnlyList<TView> Items, string? Next) Cut<T, TView>(IReadOnlyList<T> found, Func<T, TView> view, Func<TView, string> key)
    {
        var items = new TView[Math.Min(found.Count, Limit)];
        for (var i = 0; i < items.Length; i++) items[i] = view(found[i]);
        return (items, found.Count > Limit ? key(items[^1]) : null);
    }
}
