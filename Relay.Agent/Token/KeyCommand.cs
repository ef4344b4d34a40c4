using System.CommandLine;
using System.Security.Cryptography;
using System.Text;

namespace Relay.Agent.Token;

/// <summary><c>relay-agent token key</c>: a new API key, and what stands of it in the relay's settings.</summary>
internal static class KeyCommand
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789";
    private const string Mark = "relay_";
    private const int VisibleLetters = 8;

    // 62^43 is more than 2^256.
    private const int SecretLetters = 43;
    private const string AllLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + Letters;

    public static Command Create(AgentContext context)
    {
        var name = new Option<string>("--name") { Description = "The key's name in the settings.", HelpName = "name", DefaultValueFactory = static _ => "backend" };
        var roles = new Option<string[]>("--role") { Description = "What it is for, repeatable: user, node, tunnel, publisher, operator.", HelpName = "role", DefaultValueFactory = static _ => ["publisher"] };
        var command = new Command("key", "Makes an API key. It is printed once; the settings hold only its hash.") { name, roles };
        command.SetAction(parsed =>
        {
            var key = Make();
            context.Out.WriteLine(key);
            context.Error.WriteLine("For the settings, under auth or tenants.NAME.auth (an operator of the relay: operators in place of api_keys, without roles):");
            context.Error.WriteLine($"  api_keys:\n    {parsed.GetValue(name)}:\n      hash: {Hash(key)}\n      roles: [{string.Join(", ", parsed.GetValue(roles)!)}]");
            return (int)ExitCode.Done;
        });
        return command;
    }

    /// <summary>What the settings hold of a key: its visible beginning and SHA-256 of the whole.</summary>
    public static string Hash(string key) => $"{key[..(Mark.Length + VisibleLetters)]}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(key)))}";

    private static string Make() => Mark + RandomNumberGenerator.GetString(Letters, VisibleLetters) + "_" + RandomNumberGenerator.GetString(AllLetters, SecretLetters);
}
