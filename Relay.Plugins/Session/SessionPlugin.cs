using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Relay.Abstractions;

namespace Relay.Plugins.Session;

/// <summary><c>session_</c>: state that outlives connections and the process, one JSON value for each of the user's sessions.</summary>
/// <remarks>
/// Nothing is kept in memory between messages: what another instance wrote before this one began is seen, and the store's
/// versions decide between writers. The state's bytes are stored and given back as the client sent them.
/// </remarks>
[RelayPlugin("session_", AutoStart = true, Inline = true, IdempotentTopics = ["open", "get_state", "list"])]
public sealed partial class SessionPlugin : RelayPlugin
{
    private const string DefaultSession = "default";
    private const int MaxIdBytes = 256;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private int _maxStateBytes;
    private int _maxSessions;

    /// <inheritdoc/>
    protected override ValueTask OnStartAsync(CancellationToken cancellation)
    {
        _maxStateBytes = Context.Settings.GetInt32("max_state_bytes", 65536);
        _maxSessions = Context.Settings.GetInt32("max_sessions", 100);
        return default;
    }

    /// <inheritdoc/>
    protected override async ValueTask OnMessageAsync(PluginMessage message, CancellationToken cancellation)
    {
        message.DefaultSessionId = DefaultSession;
        var id = message.SessionId ?? DefaultSession;
        if (!IsValid(id))
        {
            message.Fail("invalid_id", "A session_id has 1 to 256 bytes of UTF-8 without U+0000.");
            return;
        }

        try
        {
            switch (message.Topic)
            {
                case "open":
                    await OpenAsync(message, id, cancellation);
                    break;
                case "get_state":
                    await GetStateAsync(message, id, cancellation);
                    break;
                case "set_state":
                    await SetStateAsync(message, id, cancellation);
                    break;
                case "list":
                    message.Reply("listed", SessionJson.List(await Context.Store.ListAsync(cancellation)));
                    break;
                case "close":
                    // Gone already is no fault: a client that lost the answer asks again.
                    await Context.Store.DeleteAsync(id, cancellation);
                    message.Reply("closed", "{}"u8);
                    break;
                default:
                    await base.OnMessageAsync(message, cancellation);
                    break;
            }
        }
        catch (StoreOutcomeUnknownException error)
        {
            LogUnavailable(Context.Log, error.Message);
            message.Fail("outcome_unknown", "It is not known whether the session was written; session_get_state tells.");
        }
        catch (StoreUnavailableException error)
        {
            LogUnavailable(Context.Log, error.Message);
            message.Fail("unavailable", "Sessions cannot be read or written now; try again later.");
        }
    }

    private async ValueTask OpenAsync(PluginMessage message, string id, CancellationToken cancellation)
    {
        var stored = await Context.Store.GetAsync(id, cancellation);
        if (stored is null)
        {
            if (!await HasRoomAsync(message, cancellation)) return;
            var write = await Context.Store.PutAsync(id, SessionJson.Null, expectedVersion: 0, cancellation);
            // Not written: another instance has made it in between.
            stored = write.Written ? new(write.Version, default, SessionJson.Null) : await Context.Store.GetAsync(id, cancellation);
        }

        if (stored is null) message.Fail("conflict", "The session was closed while it was opened.", SessionJson.Version(0));
        else message.Reply("opened", SessionJson.State(stored.Version, stored.Value.Span));
    }

    private async ValueTask GetStateAsync(PluginMessage message, string id, CancellationToken cancellation)
    {
        if (await Context.Store.GetAsync(id, cancellation) is { } stored) message.Reply("state", SessionJson.State(stored.Version, stored.Value.Span));
        else message.Fail("not_found", "There is no such session; session_open makes it.");
    }

    private async ValueTask SetStateAsync(PluginMessage message, string id, CancellationToken cancellation)
    {
        if (!SetStateRequest.TryRead(message.Data, out var request, out var fault))
        {
            message.Fail("invalid_data", fault);
            return;
        }

        if (request.State.Length > _maxStateBytes)
        {
            message.Fail("state_too_big", string.Create(CultureInfo.InvariantCulture, $"The state has {request.State.Length} bytes; {_maxStateBytes} are allowed."));
            return;
        }

        // Only a write that may make a session asks for room. One that expects a version makes none.
        var makes = request.ExpectedVersion is null or 0 && await Context.Store.GetAsync(id, cancellation) is null;
        if (makes && !await HasRoomAsync(message, cancellation)) return;
        var write = await Context.Store.PutAsync(id, request.State, request.ExpectedVersion, cancellation);
        if (!write.Written)
        {
            message.Fail("conflict", "The session has another version.", SessionJson.Version(write.Version));
            return;
        }

        message.Reply("state_set", SessionJson.Version(write.Version));
        Context.Push("state_changed", SessionJson.State(write.Version, request.State.Span), id, except: message.ConnectionId);
    }

    private async ValueTask<bool> HasRoomAsync(PluginMessage message, CancellationToken cancellation)
    {
        if ((await Context.Store.ListAsync(cancellation)).Count < _maxSessions) return true;
        message.Fail("too_many", string.Create(CultureInfo.InvariantCulture, $"A user has at most {_maxSessions} sessions; session_close makes room."));
        return false;
    }

    private static bool IsValid(string id)
    {
        if (id.Length is 0 or > MaxIdBytes || id.Contains('\0')) return false;
        try
        {
            return Strict.GetByteCount(id) <= MaxIdBytes;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    // The store itself says once that it is away; this comes with every message.
    [LoggerMessage(3501, LogLevel.Debug, "The session store is unavailable: {Reason}")]
    private static partial void LogUnavailable(ILogger log, string reason);
}
