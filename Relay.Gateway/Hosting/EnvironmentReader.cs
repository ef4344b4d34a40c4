namespace Relay.Gateway.Hosting;

/// <summary>
/// Finds settings among the environment's variables: <c>RELAY_HUB__QUEUE_BYTES</c> is <c>hub.queue_bytes</c>.
/// A name without two underscores is never ours, since Kubernetes sets <c>RELAY_PORT</c>, <c>RELAY_SERVICE_HOST</c>
/// and the like for every container beside a service named relay.
/// </summary>
internal static class EnvironmentReader
{
    private const string Prefix = "RELAY_";
    private const string Separator = "__";

    public static IEnumerable<RawSetting> Read(IReadOnlyDictionary<string, string> environment) =>
        from variable in environment
        where variable.Key.StartsWith(Prefix, StringComparison.Ordinal)
        let name = variable.Key[Prefix.Length..]
        // Not at the start: RELAY__BLUE_PORT is what Kubernetes makes of a service named relay--blue.
        where name.IndexOf(Separator, StringComparison.Ordinal) > 0
        orderby variable.Key
        select new RawSetting(
            SettingSource.Environment, Readable.Name(variable.Key), [.. name.ToLowerInvariant().Split(Separator)], RawShape.Text)
        {
            Text = variable.Value,
        };
}
