using System.CommandLine;
using System.Globalization;

namespace Relay.Agent.Token;

/// <summary><c>relay-agent token mint</c>: a signed token.</summary>
internal sealed class MintCommand
{
    private readonly Option<string> _issuer = new("--issuer") { Description = "Who signs it (iss): the relay's auth.issuer.", HelpName = "issuer", Required = true };
    private readonly Option<string> _audience = new("--audience") { Description = "For whom (aud): one of the relay's auth.audience.", HelpName = "audience", Required = true };
    private readonly Option<string> _subject = new("--sub") { Description = "The user's id. Without it the token is nobody's.", HelpName = "user" };
    private readonly Option<string[]> _roles = new("--role") { Description = "A role, repeatable: user, node, tunnel, publisher, operator. Without it: a user's.", HelpName = "role" };
    private readonly Option<string[]> _scopes = new("--scope") { Description = "A scope for plugins, repeatable.", HelpName = "scope" };
    private readonly Option<string[]> _peers = new("--peer") { Description = "A further id as a peer, repeatable.", HelpName = "id" };
    private readonly Option<string[]> _claims = new("--claim") { Description = "A further claim that is a text, repeatable: NAME=VALUE.", HelpName = "claim" };
    private readonly Option<string> _for = new("--for") { Description = "How long it holds: 90s, 15m, 1h, 7d.", HelpName = "duration", DefaultValueFactory = static _ => "1h" };
    private readonly Option<string> _keyFile = new("--key-file") { Description = "A private key as PEM: RSA signs with RS256, P-256 with ES256.", HelpName = "path" };
    private readonly Option<string> _secretFile = new("--secret-file") { Description = "A file with the secret for HS256; its end of line does not count. From RELAY_TOKEN_SECRET when neither is given.", HelpName = "path" };
    private readonly Option<string> _kid = new("--kid") { Description = "The key's id: its name in the relay's auth.keys.", HelpName = "id" };

    public static Command Create(AgentContext context)
    {
        var mint = new MintCommand();
        var command = new Command("mint", "Makes a signed token, for development: the keys that sign tokens for people belong to whoever lets people log in.");
        foreach (Option option in (Option[])[mint._issuer, mint._audience, mint._subject, mint._roles, mint._scopes, mint._peers, mint._claims, mint._for, mint._keyFile, mint._secretFile, mint._kid])
            command.Options.Add(option);
        command.SetAction(parsed => mint.Run(parsed, context));
        return command;
    }

    /// <summary>Reads <c>90s</c>, <c>15m</c>, <c>1h</c>, <c>7d</c>.</summary>
    internal static TimeSpan? Duration(string text)
    {
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count == 0) return null;
        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(count),
            'm' => TimeSpan.FromMinutes(count),
            'h' => TimeSpan.FromHours(count),
            'd' when count <= 3650 => TimeSpan.FromDays(count),
            _ => null,
        };
    }

    private int Run(ParseResult parsed, AgentContext context)
    {
        if (Duration(parsed.GetValue(_for)!) is not { } lasts) return Fault(context, "--for is a number with s, m, h or d: 1h");
        var further = parsed.GetValue(_claims) ?? [];
        if (further.FirstOrDefault(static claim => claim.IndexOf('=') < 1) is { } wrong) return Fault(context, $"--claim is NAME=VALUE: {wrong}");
        try
        {
            using var signer = Signer(parsed, context);
            if (signer is null) return Fault(context, "a key is needed: --key-file, --secret-file or RELAY_TOKEN_SECRET, one of them");
            var now = context.Time.GetUtcNow();
            context.Out.WriteLine(signer.Sign(parsed.GetValue(_kid), json =>
            {
                json.WriteString("iss", parsed.GetValue(_issuer));
                json.WriteString("aud", parsed.GetValue(_audience));
                if (parsed.GetValue(_subject) is { } subject) json.WriteString("sub", subject);
                json.WriteNumber("iat", now.ToUnixTimeSeconds());
                json.WriteNumber("exp", (now + lasts).ToUnixTimeSeconds());
                List(json, "relay_roles", parsed.GetValue(_roles));
                if (parsed.GetValue(_scopes) is { Length: > 0 } scopes) json.WriteString("scope", string.Join(' ', scopes));
                List(json, "peers", parsed.GetValue(_peers));
                foreach (var claim in further) json.WriteString(claim[..claim.IndexOf('=')], claim[(claim.IndexOf('=') + 1)..]);
            }));
            return (int)ExitCode.Done;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or System.Security.Cryptography.CryptographicException)
        {
            return Fault(context, "the key cannot be used: " + fault.Message);
        }
    }

    private TokenSigner? Signer(ParseResult parsed, AgentContext context)
    {
        var (keyFile, secretFile) = (parsed.GetValue(_keyFile), parsed.GetValue(_secretFile));
        if (keyFile is not null) return secretFile is null ? TokenSigner.OfPem(File.ReadAllText(keyFile)) : null;
        var secret = secretFile is not null ? File.ReadAllText(secretFile).TrimEnd('\r', '\n') : context.Environment("RELAY_TOKEN_SECRET");
        return secret is { Length: > 0 } ? TokenSigner.OfSecret(secret) : null;
    }

    private static void List(System.Text.Json.Utf8JsonWriter json, string name, string[]? values)
    {
        if (values is not { Length: > 0 }) return;
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static int Fault(AgentContext context, string message)
    {
        context.Error.WriteLine(message);
        return (int)ExitCode.Usage;
    }
}
