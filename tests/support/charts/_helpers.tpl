{{/* What the bases include, in the forms that charts write it. */}}
{{- define "airflow_logs" }}/usr/local/airflow/logs{{ end }}
{{- define "airflow_config" }}{{ .Release.Name }}-airflow-config{{ end }}
{{- define "dags_claim" }}{{ .Release.Name }}-dags{{ end }}
{{- define "worker.serviceAccountName" }}{{ .Release.Name }}-worker{{ end }}
{{- define "environment_from" }}
{{- with .Values.extraEnvFrom }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- define "standard_environment" }}
- name: RELEASE
  value: {{ .Release.Name }}
- name: AIRFLOW__CORE__FERNET_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .Release.Name }}-fernet-key
      key: fernet-key
{{- end }}
{{- define "environment" }}
{{- range .Values.env }}
- name: {{ .name }}
  value: {{ .value | quote }}
{{- end }}
{{- range .Values.secret }}
- name: {{ .envName }}
  valueFrom:
    secretKeyRef:
      name: {{ .secretName }}
      key: {{ .secretKey }}
{{- end }}
{{- end }}
{{- define "dags_mount" }}
- name: dags
  mountPath: /usr/local/airflow/dags
  readOnly: true
{{- end }}
{{- define "git_sync" }}
- name: git-sync{{ if eq .is_init "true" }}-init{{ end }}
  image: "{{ .Values.dags.gitSync.image }}"
  securityContext:
    runAsUser: {{ .Values.uid }}
  env:
    - name: GIT_SYNC_ONE_TIME
      value: "true"
  volumeMounts:
    - name: dags
      mountPath: /git
{{- end }}
{{- define "pod_security_context" }}
{{- with .Values.workers.securityContexts.pod }}
{{- toYaml . }}
{{- else -}}
runAsUser: {{ .Values.uid }}
fsGroup: {{ .Values.gid }}
{{- end }}
{{- end }}
{{- define "container_security_context" }}
{{- with .Values.workers.securityContexts.container }}
{{- toYaml . }}
{{- else -}}
allowPrivilegeEscalation: false
capabilities:
  drop:
    - ALL
{{- end }}
{{- end }}
{{- define "mounts" }}
{{- if or .Values.dags.gitSync.enabled .Values.dags.persistence.enabled }}
{{- include "dags_mount" . }}
{{- end }}
{{- with .Values.workers.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- if not (or .Values.dags.gitSync.enabled .Values.dags.persistence.enabled .Values.workers.extraVolumeMounts) -}}
[]
{{- end }}
{{- end }}
