using System.Security.Cryptography;
using System.Text;
using Relay.Core;
using Relay.Core.Answers;

namespace Relay.Gateway.Api;

/// <summary>
/// Requests with an <c>Idempotency-Key</c>: one that comes again gets the answer of the first and is not performed again. An answer that says that nothing was
/// done is not kept: then the next one is performed.
/// </summary>
internal static class KeyedRequests
{
    public const string Header = "Idempotency-Key";
    public const string ReplayedHeader = "Idempotency-Replayed";

    public static readonly ApiFault Invalid = new(StatusCodes.Status400BadRequest, "invalid_key", $"An Idempotency-Key is one text of 1 to {Ids.MaxBytes} bytes.");
    public static readonly ApiFault Running = new(StatusCodes.Status409Conflict, "key_in_use", "The first request with this Idempotency-Key is still being performed; try again.");
    public static readonly ApiFault Other = new(StatusCodes.Status422UnprocessableEntity, "key_reused", "This Idempotency-Key was given for another request.");
    public static readonly ApiFault Full = new(StatusCodes.Status429TooManyRequests, "too_many_keys", "The tenant has given api.max_idempotency_keys keys within api.idempotency_window.");

    // Whoever asks again wants the answer that was made when it had left already. (None would be taken for the request's own.)
    private static readonly CancellationToken Never = new CancellationTokenSource().Token;

    public static IReadOnlyList<ApiFault> Faults { get; } = [Invalid, Running, Other, Full];

    /// <summary>Performs an operation, unless it has been.</summary>
    public static Task PerformAsync(ApiCall call)
    {
        var keys = call.Http.Request.Headers[Header];
        if (keys.Count == 0 || !call.Operation.IsKeyed) return call.Operation.Handle(call);
        return keys is [{ } key] && Ids.IsValid(key) ? PerformAsync(call, key) : call.RefuseAsync(Invalid);
    }

    private static async Task PerformAsync(ApiCall call, string key)
    {
        var begun = await call.Runtime.Answers.BeginAsync(call.Tenant, key, Fingerprint(call));
        await (begun.Phase switch
        {
            AnswerPhase.Fresh => PerformAsync(call.Until(Never), key, begun.Number),
            AnswerPhase.Known => ReplayAsync(call, begun.Answer!),
            AnswerPhase.Running => call.RefuseAsync(Running),
            AnswerPhase.Other => call.RefuseAsync(Other),
            AnswerPhase.Full => call.RefuseAsync(Full),
        });
    }

    private static async Task PerformAsync(ApiCall call, string key, long number)
    {
        var response = call.Http.Response;
        var client = response.Body;
        using var written = new MemoryStream();
        response.Body = written;
        KeptAnswer? answer = null;
        try
        {
            await call.Operation.Handle(call);
            if (response.StatusCode < StatusCodes.Status300MultipleChoices) answer = new(response.StatusCode, written.ToArray());
        }
        finally
        {
            response.Body = client;
            await EndAsync(call, key, number, answer);
        }

        await client.WriteAsync(written.GetBuffer().AsMemory(0, (int)written.Length), call.Http.RequestAborted);
    }

    private static async Task EndAsync(ApiCall call, string key, long number, KeptAnswer? answer)
    {
        try
        {
            await call.Runtime.Answers.EndAsync(call.Tenant, key, number, answer);
        }
        catch (Exception e)
        {
            // It was performed, and whoever asked is told so; the key is in use until the runtime gives it up.
            ApiLog.NotKept(call.Service<ILogger<ApiEndpoint>>(), call.Operation.Id, e);
        }
    }

    private static async Task ReplayAsync(ApiCall call, KeptAnswer answer)
    {
        var response = call.Http.Response;
        response.StatusCode = answer.Status;
        response.Headers[ReplayedHeader] = "true";
        if (answer.Body.Length == 0) return;
        response.ContentType = ApiContent.Json;
        await response.Body.WriteAsync(answer.Body, call.Http.RequestAborted);
    }

    private static string Fingerprint(ApiCall call)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in (IEnumerable<string>)[call.Operation.Id, .. call.Operation.Ids.Select(name => call[name]), call.Http.Request.ContentType ?? ""])
        {
            hash.AppendData(Encoding.UTF8.GetBytes(part));
            hash.AppendData([0]);
        }

        hash.AppendData(call.Body);
        return Convert.ToBase64String(hash.GetHashAndReset());
    }
}
