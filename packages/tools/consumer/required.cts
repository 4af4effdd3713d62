// The same from CommonJS, which has no other way than `require`. Node can since 20.19 and 22.12.
import openFeature = require("@effect-posthog/openfeature")
import sdk = require("@openfeature/server-sdk")
import effect = require("effect")

const main = async (host: string): Promise<void> => {
  const { OpenFeature } = sdk
  await OpenFeature.setProviderAndWait(
    openFeature.fromOptions({
      apiKey: effect.Redacted.make("phc_test"),
      secretKey: effect.Redacted.make("phs_test"),
      host
    })
  )
  const context = { targetingKey: "ada", email: "ada@example.com" }
  const isOn = await OpenFeature.getClient().getBooleanValue("beta", false, context)
  await OpenFeature.close()
  console.log(JSON.stringify([isOn]))
}

void main(process.argv[2] ?? "")
