using System.CommandLine;
using System.ComponentModel;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Relay.Agent.Connecting;
using Relay.Agent.Logging;
using Relay.Agent.Proxy.Carriers;
using Relay.Agent.Proxy.Local;

namespace Relay.Agent.Proxy;

/// <summary>The command <c>proxy</c>: a local proxy whose connections the relay makes.</summary>
internal static class ProxyCommand
{
    public static Command Create(AgentContext context)
    {
        var command = new Command("proxy", "Listens for HTTP CONNECT, plain HTTP requests and SOCKS5, and has the relay make the connections.");
        var relay = new RelayOptions().AddTo(command);
        var options = new ProxyOptions().AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            var fault = relay.TryRead(parsed, context, options.Path(parsed), out var target);
            fault = options.TryRead(parsed, context, out var settings) ?? fault;
            if (fault is not null)
            {
                context.Error.WriteLine(fault);
                return (int)ExitCode.Usage;
            }

            var logger = new AgentLogger(context.Error, context.Time, relay.Json(parsed), relay.Verbose(parsed));
            return await RunAsync(context, target, settings, logger);
        });
        return command;
    }

    private static async Task<int> RunAsync(AgentContext context, RelayTarget target, ProxySettings settings, ILogger logger)
    {
        var carrier = new RelayCarrier(new RelayUpgrade(target, context.Time), context.Time, context.Random, settings.SessionId, settings.InChunks, logger);
        ProxyServer server;
        try
        {
            server = new ProxyServer(settings.Listen, settings.MaxConnections, new(carrier, settings.Credentials, context.Time, logger));
        }
        catch (SocketException fault)
        {
            ProxyLog.CannotListen(logger, settings.Listen.ToString(), fault.Message);
            return (int)ExitCode.LocalSide;
        }

        using var ending = new CancellationTokenSource();
        using var listening = server;
        CaBundle? bundle = null;
        try
        {
            bundle = settings.CaFile is null ? null : CaBundle.Write(settings.CaFile);
            var first = await FirstLinkAsync(carrier, target, context, logger, ending.Token);
            if (first.Refused) return (int)ExitCode.Refused;
            var link = carrier.RunAsync(first.Link, ending.Token);
            var environment = Environment(context, target, settings, server, bundle);
            var code = settings.Command.Length > 0
                ? await RunCommandAsync(settings, environment, server, context, logger, ending.Token)
                : await ServeAsync(settings, environment, server, context);
            await ending.CancelAsync();
            await link;
            return code;
        }
        catch (OperationCanceledException) when (context.Stopping.Finish.IsCancellationRequested)
        {
            return (int)ExitCode.Done;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            ProxyLog.CannotPrepare(logger, fault.Message);
            return (int)ExitCode.LocalSide;
        }
        finally
        {
            await ending.CancelAsync();
            bundle?.Dispose();
        }
    }

    // Only a refusal ends the proxy: a relay that is not there yet may come.
    private static async Task<(bool Refused, Task<SocketEnd>? Link)> FirstLinkAsync(
        RelayCarrier carrier, RelayTarget target, AgentContext context, ILogger logger, CancellationToken ending)
    {
        try
        {
            return (false, await carrier.ConnectAsync(ending, context.Stopping.Finish));
        }
        catch (DialException fault)
        {
            if (fault.IsRefusal) DialLog.Refused(logger, target.Address, fault.Message);
            return (fault.IsRefusal, null);
        }
    }

    private static List<KeyValuePair<string, string>> Environment(AgentContext context, RelayTarget target, ProxySettings settings, ProxyServer server, CaBundle? bundle) =>
        ProxyEnvironment.Variables(
            server.Address,
            settings.Credentials,
            ProxyEnvironment.NoProxy(settings.NoProxy, target.Address.IdnHost),
            settings.PlainHttp,
            bundle?.Path,
            context.Environment("JAVA_TOOL_OPTIONS"));

    private static async Task<int> ServeAsync(ProxySettings settings, List<KeyValuePair<string, string>> environment, ProxyServer server, AgentContext context)
    {
        // What is printed for a shell is for it alone.
        (settings.PrintEnvironment ? context.Error : context.Out).WriteLine($"listening on {server.Address}");
        if (settings.PrintEnvironment) context.Out.Write(ProxyEnvironment.Shell(environment));
        context.Out.Flush();
        return (int)(await server.RunAsync(context.Stopping.Finish, context.Stopping.Hurry) ? ExitCode.Done : ExitCode.CutOff);
    }

    private static async Task<int> RunCommandAsync(
        ProxySettings settings, List<KeyValuePair<string, string>> environment, ProxyServer server, AgentContext context, ILogger logger, CancellationToken ending)
    {
        context.Error.WriteLine($"listening on {server.Address}");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ending);
        var serving = server.RunAsync(stop.Token, stop.Token);
        try
        {
            return await ChildCommand.RunAsync(settings.Command, environment);
        }
        catch (Win32Exception fault)
        {
            ProxyLog.CannotStart(logger, settings.Command[0], fault.Message);
            return (int)ExitCode.LocalSide;
        }
        finally
        {
            await stop.CancelAsync();
            await serving;
        }
    }
}
