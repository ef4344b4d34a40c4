using System.Text;
using Relay.Core.Errors;
using Relay.Core.Peers;
using Relay.Core.Protocol;

namespace Relay.Tests.Rules;

/// <summary>A peer's socket that keeps what it is told.</summary>
internal sealed class PeerRecorder : IPeerConnection
{
    public List<string> Told { get; } = [];

    public Credit Returned { get; private set; }

    public CloseReason? Closed { get; private set; }

    public void Introduce(string peerId, Frame frame) => Told.Add(frame.IsText ? Encoding.UTF8.GetString(frame.Bytes) : Convert.ToHexString(frame.Bytes));

    public void Done(Credit credit) => Returned = new(Returned.Messages + credit.Messages, Returned.Bytes + credit.Bytes);

    public void Close(CloseReason reason) => Closed ??= reason;

    /// <summary>What it was told since the last look: whom, and about what.</summary>
    public string[] TakeTold()
    {
        string[] told = [.. Told];
        Told.Clear();
        return told;
    }
}
