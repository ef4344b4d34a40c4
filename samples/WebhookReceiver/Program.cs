using System.Text;
using WebhookReceiver;

var secret = Environment.GetEnvironmentVariable("WEBHOOK_SECRET");
if (string.IsNullOrEmpty(secret)) return Fail("WEBHOOK_SECRET is not set: it is the relay's webhooks.secret.");
var inbox = new HookInbox(Encoding.UTF8.GetBytes(secret), TimeProvider.System, one => Console.WriteLine(one.GetRawText()));
await HookApp.Build(inbox, args).RunAsync();
return 0;

static int Fail(string message)
{
    Console.Error.WriteLine(message);
    return 1;
}
