# The relay in one process: docs/operations.md. Build from the root of the repository:
#   docker build -f deploy/images/gateway.Dockerfile -t relay-gateway .
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN dotnet publish Relay.Gateway -c Release -o /app -p:UseAppHost=false && mkdir /data

# No shell and no package manager in it; its user app is 1654.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
COPY --from=build /app /app
COPY deploy/images/relay.yaml /etc/relay/relay.yaml
# The only folder that is written to, and only without PostgreSQL. Numbers, so that an orchestrator sees that it is not root.
COPY --from=build --chown=1654:1654 /data /var/lib/relay
USER 1654:1654
WORKDIR /var/lib/relay
# The runtime's diagnostics write sockets and maps to /tmp, which is read-only here.
ENV DOTNET_EnableDiagnostics=0
EXPOSE 8080 9090
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["dotnet", "/app/Relay.Gateway.dll", "--config-file", "/etc/relay/relay.yaml", "--check-health"]
ENTRYPOINT ["dotnet", "/app/Relay.Gateway.dll", "--config-file", "/etc/relay/relay.yaml"]
