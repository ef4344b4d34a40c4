using System.Runtime.InteropServices;

namespace Relay.Agent;

/// <summary>SIGTERM and SIGINT (Ctrl-C), which mean the same.</summary>
internal sealed class StopSignals : IStopSignals, IDisposable
{
    private readonly CancellationTokenSource _finish = new();
    private readonly CancellationTokenSource _hurry = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _count;

    public StopSignals() =>
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle), PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle)];

    public CancellationToken Finish => _finish.Token;

    public CancellationToken Hurry => _hurry.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _finish.Dispose();
        _hurry.Dispose();
    }

    // The process does not end by the signal: the command ends it.
    private void Handle(PosixSignalContext signal)
    {
        signal.Cancel = true;
        (Interlocked.Increment(ref _count) == 1 ? _finish : _hurry).Cancel();
    }
}
