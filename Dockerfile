# One image for the custodian, the api, the console and egress; docker-compose.yml says which of them a container is.
FROM node:24-bookworm-slim AS build
WORKDIR /opt/sallyport
ENV CI=true TURBO_TELEMETRY_DISABLED=1 NEXT_TELEMETRY_DISABLED=1
COPY . .
RUN npx --yes "$(node -p "require('./package.json').packageManager")" install --frozen-lockfile \
 && npx --yes "$(node -p "require('./package.json').packageManager")" exec turbo run build --concurrency=2

FROM node:24-bookworm-slim
WORKDIR /opt/sallyport
COPY --from=build /opt/sallyport /opt/sallyport
# A new volume takes its owner from what it is mounted on.
RUN install -d -o 61801 -g 61801 -m 0700 /var/lib/sallyport /var/lib/sallyport/identity /var/lib/sallyport/identity/api /var/lib/sallyport/identity/console /var/lib/sallyport/identity/egress /etc/sallyport/settings
USER 61801:61801
