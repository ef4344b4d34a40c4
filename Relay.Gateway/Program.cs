using System.Collections;
using Relay.Gateway.Hosting;

var environment = Environment.GetEnvironmentVariables()
    .Cast<DictionaryEntry>()
    .ToDictionary(each => (string)each.Key, each => (string?)each.Value ?? "", StringComparer.Ordinal);
var command = new RelayCommand(
    Console.Out, Console.Error, (settings, logFile) => RelayHost.RunAsync(settings, logFile, Console.Out));
return await command.ExecuteAsync(new SettingsInput(CommandLine.Parse(args), environment));
