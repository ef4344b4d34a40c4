using System.Text;

namespace Relay.Tests.Gateway.Settings;

public class YamlFuzzTests
{
    private const string Seed = """
        server: { host: 127.0.0.1, allowed_origins: [https://a.example, "https://b.example"] }
        hub:
          queue_bytes: 262144 # bytes
          close_timeout: '5s'
        plugins:
          weather: &anchor
            text: |
              two
              lines
            more: >-
              folded
        tenants:
          ? acme
          : { suspended: !!bool true }
          "b\u00fc": *anchor
        """;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void NoTextMakesTheReaderThrow(int seed)
    {
        var random = new Random(seed);
        const string alphabet = "{}[]:,-?!&*#|>'\"%@`~ \n\t\r\\ax0é\u2028\ufeff";
        for (var round = 0; round < 2000; round++)
        {
            var text = new StringBuilder(Seed);
            for (var changes = random.Next(1, 12); changes > 0; changes--)
            {
                var at = random.Next(text.Length);
                switch (random.Next(3))
                {
                    case 0:
                        text[at] = alphabet[random.Next(alphabet.Length)];
                        break;
                    case 1:
                        text.Insert(at, alphabet[random.Next(alphabet.Length)]);
                        break;
                    default:
                        text.Remove(at, Math.Min(random.Next(1, 30), text.Length - at - 1));
                        break;
                }
            }

            var thrown = Record.Exception(() => new Loading { Yaml = text.ToString() }.Load());
            Assert.True(thrown is null, $"seed {seed}, round {round}: {thrown}\n{text}");
        }
    }
}
