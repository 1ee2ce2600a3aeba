{{- define "tidemark.labels" -}}
app.kubernetes.io/name: tidemark
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end }}

{{- define "tidemark.name" -}}
{{ .root.Release.Name }}-{{ .service }}
{{- end }}

{{- define "tidemark.image" -}}
{{- with .root.Values.image.registry }}{{ . }}/{{ end }}tidemark-{{ .service }}:{{ .root.Values.image.tag }}
{{- end }}

{{/* A setting that stands in the secret. */}}
{{- define "tidemark.secret" -}}
- name: {{ .name }}
  valueFrom: { secretKeyRef: { name: {{ .root.Values.secrets.name }}, key: {{ .key | default .name }} } }
{{- end }}

{{- define "tidemark.kafka" -}}
- { name: KAFKA_BROKERS, value: {{ required "kafka.brokers: host:port of some brokers, between commas" .Values.kafka.brokers | quote }} }
{{- with .Values.kafka.prefix }}
- { name: KAFKA_PREFIX, value: {{ . | quote }} }
{{- end }}
- { name: KAFKA_SSL, value: {{ .Values.kafka.ssl | quote }} }
{{- if .Values.kafka.caSecret }}
- { name: KAFKA_SSL_CA_FILE, value: /kafka-ca/ca.crt }
{{- end }}
{{- if .Values.kafka.saslMechanism }}
- { name: KAFKA_SASL_MECHANISM, value: {{ .Values.kafka.saslMechanism | quote }} }
- { name: KAFKA_SASL_USERNAME, value: {{ .Values.kafka.saslUsername | quote }} }
{{ include "tidemark.secret" (dict "root" . "name" "KAFKA_SASL_PASSWORD") }}
{{- end }}
{{- end }}

{{- define "tidemark.copies" -}}
- { name: REPLICATION, value: {{ .Values.kafka.replication | quote }} }
- { name: MIN_INSYNC, value: {{ .Values.kafka.minInsync | quote }} }
{{- end }}

{{- define "tidemark.clickhouse" -}}
- { name: CLICKHOUSE_URL, value: {{ required "clickhouse.url: where ClickHouse answers HTTP" .Values.clickhouse.url | quote }} }
- { name: CLICKHOUSE_USER, value: {{ .Values.clickhouse.user | quote }} }
{{ include "tidemark.secret" (dict "root" . "name" "CLICKHOUSE_PASSWORD") }}
{{- end }}

{{- define "tidemark.reports" -}}
- { name: REPORTING_TIMEZONE, value: {{ .Values.reportingTimezone | quote }} }
- { name: REPORTING_CURRENCY, value: {{ .Values.reportingCurrency | quote }} }
{{- end }}

{{- define "tidemark.more" -}}
{{- range $name, $value := . }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}

{{/* What every pod has beside its container: nobody's rights, and files that nobody can write. */}}
{{- define "tidemark.pod" -}}
automountServiceAccountToken: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "tidemark.labels" . | nindent 8 }}
{{- end }}

{{- define "tidemark.container" -}}
name: {{ .service }}
image: {{ include "tidemark.image" . }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{/* Alive while the process answers; ready when its numbers are right. Restoring a state may take minutes. */}}
{{- define "tidemark.probes" -}}
ports: [{ name: http, containerPort: {{ . }} }]
startupProbe: { httpGet: { path: /health, port: http }, periodSeconds: 2, failureThreshold: 60 }
livenessProbe: { httpGet: { path: /health, port: http }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 }
readinessProbe: { httpGet: { path: /ready, port: http }, periodSeconds: 5, timeoutSeconds: 5 }
{{- end }}

{{- define "tidemark.caMount" -}}
{{- if .Values.kafka.caSecret }}
- { name: kafka-ca, mountPath: /kafka-ca, readOnly: true }
{{- end }}
{{- end }}

{{- define "tidemark.caVolume" -}}
{{- if .Values.kafka.caSecret }}
- { name: kafka-ca, secret: { secretName: {{ .Values.kafka.caSecret }} } }
{{- end }}
{{- end }}
