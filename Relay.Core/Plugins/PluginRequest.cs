using System.Diagnostics;
using Relay.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Hubs;
using Relay.Core.Protocol;
using Relay.Core.Telemetry;

namespace Relay.Core.Plugins;

/// <summary>A message in a plugin's hands, and the guard of its one terminal.</summary>
/// <remarks>
/// The terminal is decided by one atomic step, because the plugin's code, its host's time limits and the hub may all want to end the
/// request at once. Ending every open request of an instance is therefore also what fences its answers. A terminal that meets a part
/// on its way is left to whoever sends the part: nobody waits, and no part follows the terminal.
/// </remarks>
public sealed class PluginRequest : PluginMessage
{
    private static readonly object Sending = new();
    private static readonly object Finished = new();

    private readonly IRequestOwner _owner;
    private readonly ClientEnvelope _envelope;
    private string? _type;
    private RequestStream? _stream;

    // Null while the request is open, Sending while a part of its stream goes out, Finished, or the terminal that came meanwhile.
    private object? _state;
    private int _creditTaken;
    private int _holdsPlace;

    internal PluginRequest(IRequestOwner owner, long incarnation, IHubConnection connection, in ClientEnvelope envelope) =>
        (_owner, Incarnation, Connection, _envelope) = (owner, incarnation, connection, envelope);

    /// <inheritdoc/>
    public override string Type => _type ??= _envelope.HasEscapedType ? _envelope.TypeText() : TypeNames.Shared.Get(_envelope.Type);

    /// <inheritdoc/>
    public override string Topic => _envelope.HasEscapedType ? Type[_owner.Prefix.Length..] : TypeNames.Shared.Get(_envelope.Type[_owner.Prefix.Length..]);

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Data => _envelope.Data;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Frame => _envelope.Frame;

    /// <inheritdoc/>
    public override string? RequestId => _envelope.RequestIdText();

    /// <inheritdoc/>
    public override string? SessionId => _envelope.SessionIdText();

    /// <inheritdoc/>
    public override string ConnectionId => Connection.Id;

    /// <inheritdoc/>
    public override UserIdentity Identity => Connection.Identity;

    internal long Incarnation { get; }

    /// <summary>When the message was taken off its socket; zero when it is not timed.</summary>
    internal TimeSpan Taken => _envelope.Taken;

    internal IHubConnection Connection { get; }

    internal bool IsFinished => Volatile.Read(ref _state) is { } state && !ReferenceEquals(state, Sending);

    internal bool IsDetached => Volatile.Read(ref _stream) is not null;

    internal bool SurvivesDisconnect { get; private set; }

    internal RequestStream? Stream => _stream;

    /// <summary>The span of the message, where it is traced.</summary>
    internal Activity? Span => _envelope.Span;

    /// <inheritdoc/>
    public override bool Reply(string topic, ReadOnlySpan<byte> data = default)
    {
        // Made first: what cannot be written throws, and then the request is still open.
        var frame = Part(topic, data);
        return TryFinish(frame, null) || Late();
    }

    /// <inheritdoc/>
    public override bool Fail(string code, string message, ReadOnlySpan<byte> data = default)
    {
        var name = _owner.Prefix + code;
        var frame = Frames.Error(name, message, _envelope.RequestId, AnswerSession, data);
        return TryFinish(frame, name) || Late();
    }

    /// <inheritdoc/>
    public override PluginStream Detach(bool survivesDisconnect = false)
    {
        if (_stream is { } known) return known;
        if (!_owner.TryOpen()) throw new TooManyOpenRequestsException(_owner.MaxOpen);
        SurvivesDisconnect = survivesDisconnect;
        var stream = new RequestStream(this, _owner);
        Volatile.Write(ref _stream, stream);
        Connection.KeepOpen(1);
        Interlocked.Exchange(ref _holdsPlace, 1);
        // It may have ended before, or at this moment: then nobody else gives the place back.
        if (IsFinished) Closed();
        _owner.Detached(this);
        return stream;
    }

    /// <summary>Ends the request with an error of the relay's own, if it is still open. The client hears of it when it gave a <c>request_id</c>.</summary>
    internal void Finish(ErrorCode code, string? message)
    {
        if (IsFinished) return;
        var isNoFault = _envelope.RequestId.IsEmpty && code is (ErrorCode.NoAnswer or ErrorCode.OutcomeUnknown);
        TryFinish(isNoFault ? null : Frames.Error(code, message, _envelope.RequestId), isNoFault ? null : ErrorCatalogue.Of(code).Code);
    }

    /// <summary>Sends a part of the stream, unless the request has its terminal.</summary>
    /// <returns>False when it has.</returns>
    internal bool TrySendPart(string topic, ReadOnlySpan<byte> data)
    {
        var part = Part(topic, data);
        if (Interlocked.CompareExchange(ref _state, Sending, null) is { } state)
        {
            if (ReferenceEquals(state, Sending)) throw new InvalidOperationException("One write at a time.");
            return false;
        }

        Connection.Answer(part, Credit.None);
        if (Interlocked.CompareExchange(ref _state, null, Sending) is Terminal left) Terminate(left.Frame, left.Error);
        return true;
    }

    /// <summary>Gives the message's credit back before its request has ended.</summary>
    internal void ReturnCredit()
    {
        var credit = TakeCredit();
        if (credit != Credit.None) Connection.Return(credit);
    }

    internal TimeSpan LastProgress(TimeSpan now) => _stream is { } stream ? stream.LastProgress(now) : now;

    private Frame Part(string topic, ReadOnlySpan<byte> data) => Frames.Plugin(_owner.Prefix, topic, _envelope.RequestId, AnswerSession, data);

    private ReadOnlySpan<byte> AnswerSession => _envelope.SessionId is { IsEmpty: false } named ? named : Frames.Token(DefaultSessionId);

    // A null frame: nobody asked for an answer.
    private bool TryFinish(Frame? frame, string? error)
    {
        Terminal? left = null;
        while (true)
        {
            var state = Interlocked.CompareExchange(ref _state, Finished, null);
            if (state is null)
            {
                Terminate(frame, error);
                return true;
            }

            if (!ReferenceEquals(state, Sending)) return false;
            left ??= new(frame, error);
            if (ReferenceEquals(Interlocked.CompareExchange(ref _state, left, Sending), Sending)) return true;
        }
    }

    private void Terminate(Frame? frame, string? error)
    {
        if (frame is { } terminal) Connection.Answer(terminal, TakeCredit());
        else ReturnCredit();
        if (_envelope.Span is { } span) RelayTrace.End(span, error);
        Closed();
    }

    private bool Late()
    {
        _owner.LateTerminal();
        return false;
    }

    private void Closed()
    {
        // Read first, since few requests detach: whoever takes a place looks for the terminal after it.
        if (Volatile.Read(ref _holdsPlace) == 0 || Interlocked.Exchange(ref _holdsPlace, 0) == 0) return;
        Connection.KeepOpen(-1);
        _owner.Closed(this);
    }

    private Credit TakeCredit() => Interlocked.Exchange(ref _creditTaken, 1) == 0 ? _envelope.Credit : new(0, 0, _envelope.Number);

    private sealed record Terminal(Frame? Frame, string? Error);
}
