using Relay.Gateway.Hosting;

return await RelayApplication.RunAsync(args);
