using System.Buffers.Text;
using System.CommandLine;
using System.Text.Json;

namespace Relay.Agent.Token;

/// <summary><c>relay-agent token inspect</c>: what a token says.</summary>
internal static class InspectCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create(AgentContext context)
    {
        var argument = new Argument<string>("token") { Description = "The token, or - to read it from standard input.", Arity = ArgumentArity.ZeroOrOne, DefaultValueFactory = static _ => "-" };
        var command = new Command("inspect", "Shows what a token says, and until when. Whether its signature is good only the relay knows: nothing is verified here.") { argument };
        command.SetAction(parsed =>
        {
            var given = parsed.GetValue(argument)!;
            return (int)Inspect((given == "-" ? Console.In.ReadLine() ?? "" : given).Trim(), context);
        });
        return command;
    }

    internal static ExitCode Inspect(string token, AgentContext context)
    {
        if (token.StartsWith("relay_", StringComparison.Ordinal) && token.Length == 58)
        {
            context.Out.WriteLine($"an API key\nhash: {KeyCommand.Hash(token)}");
            return ExitCode.Done;
        }

        var parts = token.Split('.');
        if (parts.Length != 3 || Read(parts[0]) is not { } header || Read(parts[1]) is not { } claims)
        {
            context.Error.WriteLine("this is no token: three parts of base64url, JSON in the first two");
            return ExitCode.Usage;
        }

        context.Out.WriteLine("header " + JsonSerializer.Serialize(header, Indented));
        context.Out.WriteLine("claims " + JsonSerializer.Serialize(claims, Indented));
        var now = context.Time.GetUtcNow();
        foreach (var (name, meaning) in ((string, string)[])[("iat", "made"), ("nbf", "holds from"), ("exp", "holds until")])
        {
            if (!claims.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var seconds) || seconds is < 0 or > 253_402_300_799) continue;
            var at = DateTimeOffset.FromUnixTimeSeconds(seconds);
            context.Out.WriteLine($"{meaning} {at:yyyy-MM-dd HH:mm:ss}Z ({Distance(at - now)})");
        }

        if (!claims.TryGetProperty("exp", out _)) context.Out.WriteLine("holds for ever: the relay does not take it");
        context.Out.WriteLine("the signature was not verified");
        return ExitCode.Done;
    }

    private static string Distance(TimeSpan distance)
    {
        var span = distance.Duration();
        var text = span.TotalDays >= 2 ? $"{span.TotalDays:0} days" : span.TotalHours >= 2 ? $"{span.TotalHours:0} hours" : span.TotalMinutes >= 2 ? $"{span.TotalMinutes:0} minutes" : $"{span.TotalSeconds:0} seconds";
        return distance < TimeSpan.Zero ? text + " ago" : "in " + text;
    }

    private static JsonElement? Read(string part)
    {
        try
        {
            if (!Base64Url.IsValid(part)) return null;
            using var json = JsonDocument.Parse(Base64Url.DecodeFromChars(part));
            return json.RootElement.ValueKind == JsonValueKind.Object ? json.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
