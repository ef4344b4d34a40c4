using System.Net.Sockets;
using Relay.Tests.Support;

namespace Relay.Grains.Tests.Processes.Support;

/// <summary>
/// A plugin folder for the processes: <c>run_</c> writes into the tests' <see cref="Ledger"/> what is done with it before it answers, so that what ran
/// in a process that was killed is known too.
/// </summary>
internal static class LedgerPlugin
{
    public const string Port = "LEDGER_PORT";

    public static void CompileInto(PluginFolder folder) => folder.Compile(
        "run/run.dll",
        """
        namespace Ledger
        {
            using System.Threading;
            using System.Threading.Tasks;
            using Relay.Abstractions;

            [RelayPlugin("run_", AutoStart = true, Inline = true)]
            public sealed class Run : RelayPlugin
            {
                private static readonly object Gate = new();
                private static readonly System.Net.Sockets.TcpClient Ledger = new("127.0.0.1", int.Parse(System.Environment.GetEnvironmentVariable("LEDGER_PORT")));
                private bool _stays;

                // Answers once it is written down.
                [Topic("once")]
                public void Once(PluginMessage message)
                {
                    Write("ran", System.Text.Encoding.UTF8.GetString(message.Data.Span));
                    message.Reply("done");
                }

                // From here on the instance takes all the time that it has for its end.
                [Topic("stay")]
                public void Stay(PluginMessage message)
                {
                    _stays = true;
                    message.Reply("staying");
                }

                protected override ValueTask OnStartAsync(CancellationToken cancellation) => Write("start");

                protected override ValueTask OnResumeAsync(CancellationToken cancellation) => Write("resume");

                protected override ValueTask OnShutdownAsync(CancellationToken cancellation) => Write("shutdown");

                protected override async ValueTask OnStopAsync(CancellationToken cancellation)
                {
                    await Write("stop");
                    if (_stays) await Task.Delay(Timeout.InfiniteTimeSpan, Context.Time, cancellation);
                }

                private ValueTask Write(string what, string id = "-")
                {
                    var line = System.Text.Encoding.UTF8.GetBytes(System.Environment.ProcessId + " " + what + " " + Context.User.UserId + " " + id + "\n");
                    lock (Gate) Ledger.GetStream().Write(line);
                    return default;
                }
            }
        }
        """,
        "1.0.0.0",
        typeof(TcpClient).Assembly.Location,
        Path.Combine(Path.GetDirectoryName(typeof(TcpClient).Assembly.Location)!, "System.Net.Primitives.dll"),
        Path.Combine(Path.GetDirectoryName(typeof(TcpClient).Assembly.Location)!, "System.ComponentModel.Primitives.dll"));
}
