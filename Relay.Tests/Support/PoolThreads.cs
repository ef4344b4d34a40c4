using System.Runtime.CompilerServices;

namespace Relay.Tests.Support;

/// <summary>Some tests block threads on purpose, while their relay's watchdog stands on a clock that they do not move: the pool needs enough for the others.</summary>
internal static class PoolThreads
{
    [ModuleInitializer]
    internal static void Raise() => ThreadPool.SetMinThreads(64, 64);
}
