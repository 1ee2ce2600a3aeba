type Channel = 'phone' | 'email' | 'chat' | 'chatbot' | 'social' | 'in_app' | 'sms' | 'other';

/**
 * Channels of events by those of Zendesk, as `detail.via.channel` has them, and older names of the same.
 *
 * @see https://developer.zendesk.com/documentation/ticketing/reference-guides/via-types/
 */
const channels: Readonly<Record<Exclude<Channel, 'other'>, string>> = {
  email: 'email mail connect_mail mailgun',
  phone:
    'phone voice voicemail phone_call_inbound phone_call_outbound api_phone_call_inbound api_phone_call_outbound api_voicemail',
  chat:
    'chat chat_offline_message chat_transcript native_messaging messaging sunshine_conversations_api whatsapp telegram line ' +
    'viber wechat kakaotalk apple_business_chat google_business_messages business_messaging_slack_connect',
  chatbot:
    'answer_bot answer_bot_api answer_bot_for_agents answer_bot_for_sdk answer_bot_for_slack answer_bot_for_web_widget',
  social:
    'twitter twitter_dm twitter_favorite facebook facebook_post facebook_message instagram_dm ' +
    'sunshine_conversations_facebook_messenger sunshine_conversations_twitter_dm',
  in_app: 'mobile mobile_sdk iphone web_widget',
  sms: 'sms connect_sms twilio_sms text_message messagebird_sms google_rcs',
};

const known: ReadonlyMap<string, Channel> = new Map(
  Object.entries(channels).flatMap(([channel, names]) =>
    names.split(' ').map((name) => [name, channel as Channel] as const),
  ),
);

/** The channel of a ticket; `other` for forms, the API and whatever is not known. */
export function channelOf(via: string | undefined): Channel {
  return known.get(via ?? '') ?? 'other';
}
