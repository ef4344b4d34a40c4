using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Relay.Agent.Proxy;

/// <summary>Runs the command behind <c>--</c> as this process would have run: its input and output, its signals, its exit code.</summary>
internal static partial class ChildCommand
{
    /// <exception cref="Win32Exception">It cannot be started.</exception>
    public static async Task<int> RunAsync(string[] command, IEnumerable<KeyValuePair<string, string>> environment)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        // Before the start: a signal that comes between the two must not end the proxy under the command.
        Process? child = null;
        void Forward(PosixSignalContext context, int signal)
        {
            context.Cancel = true;
            if (child is { HasExited: false }) _ = Kill(child.Id, signal);
        }

        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Forward(context, 1));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            // The terminal has sent it to the command as well.
            if (Console.IsInputRedirected) Forward(context, 2);
            else context.Cancel = true;
        });
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, context => Forward(context, 3));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Forward(context, 15));
        child = Process.Start(start)!;
        using (child)
        {
            await child.WaitForExitAsync();
            return child.ExitCode;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
